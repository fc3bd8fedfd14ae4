// How a change of a delivery is put together: what the files of this room share.
#pragma once

#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

// Ends a change: counts, state and dates follow from the shipments, and the revision is the next,
// at `now`.
void RollUp(DeliveryStatus& status, absl::Time now);

}  // namespace tallystick::delivery
