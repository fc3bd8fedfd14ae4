#include "services/shopping/domain/shown.h"

#include <algorithm>
#include <variant>

#include "platform/lang/overloaded.h"

namespace tallystick::shopping {
namespace {

bool HasShipment(const DeliveryStatus& delivery, ShipmentState state) {
  return std::ranges::find(delivery.shipments, state, &Shipment::state) != delivery.shipments.end();
}

bool Shows(const DeliveryStatus& delivery, const DeliveryInstruction& instruction) {
  // Then delivery's reason is a cancellation's, or none, or why it has refused before.
  const bool last = instruction.sequence == delivery.instructions_applied;
  const bool refused = delivery.booking == BookingState::kRefused;
  return std::visit(
      Overloaded{
          [](const BookDelivery&) { return true; },
          [&](const ReleaseDelivery&) {
            return !HasShipment(delivery, ShipmentState::kScheduled) &&
                   (!last || refused ||
                    (delivery.reason.empty() && !HasShipment(delivery, ShipmentState::kCanceled)));
          },
          // What has not left will not.
          [&](const CancelDelivery& cancel) {
            return !HasShipment(delivery, ShipmentState::kScheduled) &&
                   !HasShipment(delivery, ShipmentState::kPreparing) &&
                   (!last || delivery.reason == cancel.reason);
          },
          [&](const CollectReturn& collect) {
            return std::ranges::any_of(delivery.returns, [&](const Return& goods_return) {
              return goods_return.return_id == collect.return_id &&
                     goods_return.lines == collect.lines &&
                     (goods_return.request_id.empty() ||
                      goods_return.request_id == collect.request_id);
            });
          }},
      instruction.what);
}

}  // namespace

bool ShowsWhatWasTold(const Order& order, const DeliveryStatus& delivery) {
  return std::ranges::all_of(order.unheard_delivery, [&](const DeliveryInstruction& instruction) {
    return instruction.sequence > delivery.instructions_applied || Shows(delivery, instruction);
  });
}

}  // namespace tallystick::shopping
