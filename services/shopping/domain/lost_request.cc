#include "services/shopping/domain/lost_request.h"

#include <algorithm>

#include "services/shopping/domain/order_change.h"
#include "services/shopping/domain/order_requests.h"

namespace tallystick::shopping {
namespace {

// A return that the order does not have; null if there is none.
const Return* FindLostReturn(const Order& order, const DeliveryStatus& delivery) {
  const auto& known = order.status.order.returns;
  for (const Return& theirs : delivery.returns) {
    if (std::ranges::find(known, theirs.return_id, &Return::return_id) == known.end()) {
      return &theirs;
    }
  }
  return nullptr;
}

void AddReturn(Order& order, const Return& theirs) {
  OrderStatus& status = order.status.order;
  Return& ours = status.returns.emplace_back();
  ours.return_id = theirs.return_id;
  ours.state = ReturnState::kRequested;
  ours.lines = theirs.lines;
  ours.reason = theirs.reason;
  ours.request_time = theirs.request_time;
  for (const GoodsQuantity& goods : theirs.lines) {
    for (OrderLineStatus& line : status.lines) {
      if (line.sku == goods.sku) line.return_requested += goods.quantity;
    }
  }
  order.return_reductions.push_back(0);
  const std::optional<Uuid> request_id = ParseUuid(theirs.request_id);
  if (!request_id) return;
  // When it comes again it has been answered.
  order.applied_requests.push_back(
      {*request_id, Fingerprint(ReturnRequest{*request_id, theirs.lines, theirs.reason}),
       theirs.return_id});
}

// Nobody's word makes more goods of them than were ordered.
bool IsOfWhatWasOrdered(const Order& order, const Return& theirs) {
  return std::ranges::all_of(theirs.lines, [&](const GoodsQuantity& goods) {
    return goods.quantity > 0 &&
           std::ranges::any_of(order.status.order.lines, [&](const OrderLineStatus& line) {
             return line.sku == goods.sku &&
                    goods.quantity <= line.ordered - line.return_requested - line.returned;
           });
  });
}

bool WasCanceled(const DeliveryStatus& delivery) {
  return !delivery.reason.empty() ||
         std::ranges::any_of(delivery.shipments, [](const Shipment& shipment) {
           return shipment.state == ShipmentState::kCanceled;
         });
}

// Before anything was asked for, which the shop does not know: an order that is canceled instead of
// released is told nothing after that.
bool WasReleased(const OrderStatus& status, const DeliveryStatus& delivery) {
  if (status.state == OrderState::kCancelPending) return status.delivery_instructions == 2;
  if (status.state != OrderState::kAccepted) return false;
  return delivery.instructions_applied > status.delivery_instructions + 1 || !WasCanceled(delivery);
}

}  // namespace

std::optional<Order> WithLostRequest(const Order& order, const DeliveryStatus& delivery) {
  Order next = order;
  OrderStatus& status = next.status.order;
  if (WasReleased(status, delivery)) {
    if (status.state == OrderState::kAccepted) status.state = OrderState::kConfirmed;
    ++status.delivery_instructions;
    return next;
  }
  if (const Return* lost = FindLostReturn(order, delivery)) {
    if (status.returns.size() >= kMaxReturns || !IsOfWhatWasOrdered(order, *lost)) {
      return std::nullopt;
    }
    AddReturn(next, *lost);
  } else if (!WasCanceled(delivery)) {
    return std::nullopt;
  } else if (status.state == OrderState::kRejected || status.state == OrderState::kCanceled) {
    // Payment had declined before delivery refused, and now it is the other way round: delivery was
    // told of it.
    ++status.delivery_instructions;
    if (!delivery.reason.empty()) status.reason = delivery.reason;
    return next;
  } else {
    status.state = OrderState::kCancelPending;
    status.reason = delivery.reason == kCanceledByBuyer ? "" : delivery.reason;
  }
  ++status.delivery_instructions;
  ++status.revision;
  return next;
}

std::optional<Change> LostDecline(const Order& order, const PaymentStatus& payment,
                                  const DeliveryStatus& delivery, absl::Time now) {
  const OrderStatus& status = order.status.order;
  const int64_t told = status.delivery_instructions;
  const bool not_told_yet = delivery.instructions_applied == told;
  const bool told_so =
      delivery.instructions_applied == told + 1 && delivery.reason == kPaymentDeclined;
  if (status.state != OrderState::kAccepted || payment.state != PaymentState::kDeclined ||
      payment.instructions_applied != status.payment_instructions + 1 ||
      !(not_told_yet || told_so)) {
    return std::nullopt;
  }
  return Decline(order, now);
}

bool IsCanceledNext(const Order& order, const DeliveryStatus& delivery) {
  const OrderStatus& status = order.status.order;
  return delivery.instructions_applied == status.delivery_instructions + 1 && !HasEnded(status) &&
         FindLostReturn(order, delivery) == nullptr && WasCanceled(delivery) &&
         delivery.reason != kPaymentDeclined;
}

}  // namespace tallystick::shopping
