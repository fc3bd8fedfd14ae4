// A payment that was lost, or is older than what the shop remembers of it. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "services/payment/domain/payment.h"

namespace tallystick::payment {

// Puts together what is here (null: nothing) and what the shop remembers: transactions are the same
// by their numbers, and an end that one of them knows is the end. Its revision is above both; what
// is open, planned or waits for a person is work again, whether or not it was. FAILED_PRECONDITION,
// with what a person has to decide about, when each knows what the other does not.
absl::StatusOr<Change> TakeBack(const Payment* mine, const Payment& remembered, absl::Time now);

}  // namespace tallystick::payment
