// What a person in the back office records of a delivery.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

struct BookingByHand {
  Booking booking;
};
struct ShipmentByHand {
  std::string shipment_id;
  Progress progress;
};
struct ReturnByHand {
  std::string return_id;
  ReturnProgress progress;
};
struct ByHand {
  Uuid trading_id;
  std::variant<BookingByHand, Dispatch, ShipmentByHand, ReturnByHand> what;
  std::string subject{};      // who
  std::string traceparent{};  // of the call
};

// The state after what a person recorded.
struct Recorded {
  DeliveryStatus status;
  std::string shipment_id;  // for a Dispatch: what has left
};

// What it changes; nullopt when that is known already. The errors of the domain. Pure.
absl::StatusOr<std::optional<Change>> ApplyByHand(const Delivery& delivery, const ByHand& by_hand,
                                                  absl::Time now);

// The answer to it, when `delivery` is how it is then.
Recorded RecordedOf(const Delivery& delivery, const ByHand& by_hand);

// The RPC that it came by.
std::string RpcOf(const ByHand& by_hand);

}  // namespace tallystick::delivery
