// What is allowed with a delivery: pure functions from a state and an event to the next state. No
// clock, no I/O; time comes in with the event.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/instructions.h"
#include "platform/trade/limits.h"
#include "platform/trade/report.h"
#include "platform/trade/status.h"

namespace tallystick::delivery {

// A request of the back office that dispatched goods; repeated, it changes nothing.
struct DispatchRecord {
  Uuid request_id;
  std::string fingerprint;
  std::string shipment_id;  // what has left by it

  friend bool operator==(const DispatchRecord&, const DispatchRecord&) = default;
};

struct Delivery {
  DeliveryStatus status;
  std::string buyer;
  std::string delivery_option;
  std::vector<DispatchRecord> dispatches;
  std::vector<RefusedInstruction> refused;
  TakenBack taken_back;
  // Of the last request that changed it; see platform/ids/trace.h.
  std::string traceparent{};

  friend bool operator==(const Delivery&, const Delivery&) = default;
};

// The next state, its revision one higher, and what the carrier has to do.
struct Change {
  Delivery delivery;
  bool book = false;                    // ask the carrier whether it takes the job
  std::vector<std::string> to_follow;   // shipments that are to be sent and followed
  std::vector<std::string> to_collect;  // returns that are to be fetched and followed
};

// The next instruction of a trade; `delivery` is null for the first, which must open it. The caller
// has checked the sequence number. FAILED_PRECONDITION when the instruction is not lawful now.
absl::StatusOr<Change> Apply(const Delivery* delivery, const DeliveryInstruction& instruction,
                             absl::Time now);

// Uses up the number of an instruction that Apply refused for `reason`, so that the following ones
// are not held up, and remembers both. Requires an existing delivery.
Delivery SkipInstruction(const Delivery& delivery, int64_t sequence, absl::string_view reason,
                         absl::Time now);

struct Booking {
  bool accepted = false;
  std::string reason;  // when not accepted
  // How the carrier divides the goods into shipments; empty, or not adding up: one shipment.
  std::vector<std::vector<GoodsQuantity>> shipments;
};

// The carrier's answer to the booking. Nullopt when it changes nothing: it was answered before, or
// the delivery was canceled meanwhile.
std::optional<Change> RecordBooking(const Delivery& delivery, const Booking& booking,
                                    absl::Time now);

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

struct Dispatch {
  Uuid request_id;
  std::string shipment_id;
  std::vector<GoodsQuantity> lines;  // empty: all of it
  std::string carrier;
  std::string tracking_number;
};

// A shipment, or a part of it, has left; a part becomes a shipment of its own. Nullopt when the
// request took effect before. NOT_FOUND (SHIPMENT_NOT_FOUND), FAILED_PRECONDITION (NOT_POSSIBLE
// {state}), INVALID_ARGUMENT (INVALID_FIELD, REQUEST_ID_REUSED).
absl::StatusOr<std::optional<Change>> RecordDispatch(const Delivery& delivery,
                                                     const Dispatch& dispatch, absl::Time now);

// What has left by the request; empty when it did not take effect.
std::string DispatchedBy(const Delivery& delivery, const Uuid& request_id);

// What a person says of a shipment: OUT_FOR_DELIVERY, DELIVERED or FAILED. Nullopt when that is
// known already. NOT_FOUND (SHIPMENT_NOT_FOUND), FAILED_PRECONDITION (NOT_POSSIBLE {state}).
absl::StatusOr<std::optional<Change>> RecordByHand(const Delivery& delivery,
                                                   const std::string& shipment_id,
                                                   const Progress& progress, absl::Time now);

struct ReturnProgress {
  ReturnState state = ReturnState::kUnspecified;  // COLLECTING, RECEIVED, REJECTED
  std::string reason;                             // for REJECTED
};

// What the carrier says of a return. Nullopt when it changes nothing.
std::optional<Change> RecordReturn(const Delivery& delivery, const std::string& return_id,
                                   const ReturnProgress& progress, absl::Time now);

// What a person says of it. NOT_FOUND (RETURN_NOT_FOUND), FAILED_PRECONDITION (NOT_POSSIBLE
// {state}).
absl::StatusOr<std::optional<Change>> RecordReturnByHand(const Delivery& delivery,
                                                         const std::string& return_id,
                                                         const ReturnProgress& progress,
                                                         absl::Time now);

// Null when there is no such return.
const Return* FindReturn(const Delivery& delivery, const std::string& return_id);

// Null when there is no such shipment.
const Shipment* FindShipment(const Delivery& delivery, const std::string& shipment_id);

}  // namespace tallystick::delivery
