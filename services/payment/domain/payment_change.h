// How a change of a payment is put together: what the files of this room share.
#pragma once

#include "services/payment/domain/payment.h"

namespace tallystick::payment {

// Ends a change: sums, state and plans follow from the transactions, whatever exceeds what is due
// begins to go back, and the revision is the next, at `now`.
void RollUp(Change& change, absl::Time now);

}  // namespace tallystick::payment
