// `tally-shopping --reconcile`.
#pragma once

#include "absl/status/status.h"
#include "services/shopping/service/shopping_server.h"

namespace tallystick::shopping {

// Compares all trades with payment and delivery, whose servers must run, and waits until what
// differs is put right: by this process, or by shops that run meanwhile. Says on stderr what became
// of it. FAILED_PRECONDITION when some trades are left for a person. Ends early at SIGTERM:
// CANCELLED; what is left goes on when a shop runs.
absl::Status Reconcile(const ShoppingSettings& settings);

}  // namespace tallystick::shopping
