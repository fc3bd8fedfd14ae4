#include "services/delivery/workflow/sandbox_carrier.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace tallystick::delivery {
namespace {

bool HasMarker(const Delivery& delivery, absl::string_view marker) {
  const auto& lines = delivery.status.ship_to.lines;
  return std::any_of(lines.begin(), lines.end(),
                     [marker](const std::string& line) { return absl::StrContains(line, marker); });
}

// Half of each product, rounded up, goes first.
std::vector<std::vector<GoodsQuantity>> Halves(const DeliveryStatus& status) {
  std::vector<GoodsQuantity> first;
  std::vector<GoodsQuantity> second;
  for (const DeliveryLine& line : status.lines) {
    const int64_t half = (line.ordered + 1) / 2;
    first.push_back({line.sku, half});
    if (line.ordered > half) second.push_back({line.sku, line.ordered - half});
  }
  if (second.empty()) return {};
  return {first, second};
}

}  // namespace

std::optional<Booking> SandboxCarrier::Book(const Delivery& delivery) {
  Booking booking;
  booking.accepted = !HasMarker(delivery, "SANDBOX-REFUSE");
  if (!booking.accepted) booking.reason = "the carrier does not go there";
  if (HasMarker(delivery, "SANDBOX-SPLIT")) booking.shipments = Halves(delivery.status);
  return booking;
}

std::optional<ReturnProgress> SandboxCarrier::FollowReturn(const Delivery& delivery,
                                                           const Return& goods_return) {
  if (goods_return.state == ReturnState::kRequested) {
    return ReturnProgress{ReturnState::kCollecting, ""};
  }
  if (HasMarker(delivery, "SANDBOX-KEEP")) {
    return ReturnProgress{ReturnState::kRejected, "the goods were used"};
  }
  return ReturnProgress{ReturnState::kReceived, ""};
}

std::optional<Progress> SandboxCarrier::Follow(const Delivery& delivery, const Shipment& shipment) {
  Progress progress;
  progress.carrier = "Sandbox Parcel";
  progress.tracking_number = absl::StrCat("SP", delivery.status.trading_id.ToString().substr(24),
                                          "-", shipment.shipment_id);
  switch (shipment.state) {
    case ShipmentState::kPreparing: progress.state = ShipmentState::kInTransit; break;
    case ShipmentState::kInTransit:
      progress.state = ShipmentState::kOutForDelivery;
      if (HasMarker(delivery, "SANDBOX-LOSE") && shipment.shipment_id == "1") {
        progress.state = ShipmentState::kFailed;
        progress.reason = "lost on the way";
      }
      break;
    case ShipmentState::kOutForDelivery: progress.state = ShipmentState::kDelivered; break;
    default: progress.state = shipment.state;
  }
  return progress;
}

}  // namespace tallystick::delivery
