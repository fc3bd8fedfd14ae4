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

}  // namespace

BookingAnswer SandboxCarrier::Book(const Delivery& delivery) {
  if (HasMarker(delivery, "SANDBOX-REFUSE")) return {false, "the carrier does not go there"};
  return {true, ""};
}

Progress SandboxCarrier::Follow(const Delivery& delivery, const Shipment& shipment) {
  Progress progress;
  progress.carrier = "Sandbox Parcel";
  progress.tracking_number = absl::StrCat("SP", delivery.status.trading_id.ToString().substr(24),
                                          "-", shipment.shipment_id);
  switch (shipment.state) {
    case ShipmentState::kPreparing: progress.state = ShipmentState::kInTransit; break;
    case ShipmentState::kInTransit:
      progress.state = ShipmentState::kOutForDelivery;
      if (HasMarker(delivery, "SANDBOX-LOSE")) {
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
