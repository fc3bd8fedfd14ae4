// A delivery of one shipment, as the tests of what was lost have it.
#pragma once

#include "services/delivery/domain/delivery.h"

namespace tallystick::testing {

inline const absl::Time kThen = absl::FromUnixMillis(1'700'000'000'000);
inline const absl::Time kLater = kThen + absl::Minutes(5);
inline const Uuid kTrade = *ParseUuid("0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90");

inline delivery::Delivery Delivered(ShipmentState state, int64_t applied, BookingState booking) {
  delivery::Delivery delivery;
  delivery.status.trading_id = kTrade;
  delivery.status.revision = static_cast<int64_t>(state) + 1;
  delivery.status.update_time = kThen;
  delivery.status.booking = booking;
  delivery.status.instructions_applied = applied;
  delivery.status.lines = {{"A", 3}};
  Shipment shipment{"1", state, {{"A", 3}}};
  if (state == ShipmentState::kInTransit || state == ShipmentState::kDelivered) {
    shipment.dispatch_time = kThen;
  }
  delivery.status.shipments = {shipment};
  return delivery;
}

}  // namespace tallystick::testing
