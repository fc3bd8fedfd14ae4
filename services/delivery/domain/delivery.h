// What is allowed with a delivery: pure functions from a state and an event to the next state. No
// clock, no I/O; time comes in with the event.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/instructions.h"
#include "platform/trade/status.h"

namespace tallystick::delivery {

struct Delivery {
  DeliveryStatus status;
  std::string buyer;
  std::string delivery_option;

  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// The next state, its revision one higher, and what the carrier has to do.
struct Change {
  Delivery delivery;
  bool book = false;                   // ask the carrier whether it takes the job
  std::vector<std::string> to_follow;  // shipments that are to be sent and followed
};

// The next instruction of a trade; `delivery` is null for the first, which must open it. The caller
// has checked the sequence number. FAILED_PRECONDITION when the instruction is not lawful now.
absl::StatusOr<Change> Apply(const Delivery* delivery, const DeliveryInstruction& instruction,
                             absl::Time now);

// Uses up the number of an instruction that Apply refused. Requires an existing delivery.
Delivery SkipInstruction(const Delivery& delivery, int64_t sequence, absl::Time now);

// The carrier's answer to the booking. Nullopt when it changes nothing: it was answered before, or
// the delivery was canceled meanwhile.
std::optional<Change> RecordBooking(const Delivery& delivery, bool accepted,
                                    const std::string& reason, absl::Time now);

// What the carrier says of a shipment.
struct Progress {
  ShipmentState state = ShipmentState::kUnspecified;  // IN_TRANSIT … DELIVERED, FAILED
  std::string carrier;
  std::string tracking_number;
  std::string reason;  // for FAILED
};

// Nullopt when it changes nothing: the shipment is unknown, has ended, or is as far already.
// A carrier that skips a step (delivered, never seen in transit) is taken at its word; the missing
// dates are filled in with `now`.
std::optional<Change> RecordProgress(const Delivery& delivery, const std::string& shipment_id,
                                     const Progress& progress, absl::Time now);

// Null when there is no such shipment.
const Shipment* FindShipment(const Delivery& delivery, const std::string& shipment_id);

// DELIVERED, FAILED or CANCELED: nothing more will happen to it.
bool HasEnded(const Shipment& shipment);

}  // namespace tallystick::delivery
