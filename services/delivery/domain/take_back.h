// A delivery that was lost, or is older than what the shop remembers of it. Pure.
#pragma once

#include "absl/status/statusor.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

// Puts together what is here (null: nothing) and what the shop remembers: shipments and returns are
// the same by their ids, and who has seen them further is right. Its revision is above both; what
// has not ended is followed again, whether or not it was. FAILED_PRECONDITION, with what a person
// has to decide about, when the two contradict each other.
absl::StatusOr<Change> TakeBack(const Delivery* mine, const Delivery& remembered, absl::Time now);

}  // namespace tallystick::delivery
