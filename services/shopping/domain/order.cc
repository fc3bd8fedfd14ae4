#include "services/shopping/domain/order.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"
#include "services/shopping/domain/order_change.h"
#include "services/shopping/domain/order_value.h"

namespace tallystick::shopping {
namespace {

// What will never be delivered, or was taken back, can be sold again.
void GiveStockBack(Change& change) {
  const OrderStatus& status = StatusOf(change);
  for (const OrderLineStatus& line : status.lines) {
    const int64_t pieces = line.ordered - line.written_off;
    if (pieces > 0) change.stock_back.push_back({line.sku, pieces});
  }
}

// Ends the order without delivery: everything that was done is undone.
void Reject(Change& change, const std::string& reason, bool delivery_refused, absl::Time now) {
  OrderStatus& status = StatusOf(change);
  status.state = OrderState::kRejected;
  status.reason = reason;
  Adjust(change, {AdjustmentType::kRejected, status.due, "", {}, now}, {}, reason);
  if (!delivery_refused) InstructDelivery(change, CancelDelivery{reason});
  GiveStockBack(change);
}

void DecideAccepted(Change& change, absl::Time now) {
  const auto& payment = change.order.status.payment;
  const auto& delivery = change.order.status.delivery;
  const bool declined = payment && payment->state == PaymentState::kDeclined;
  const bool refused = delivery && delivery->booking == BookingState::kRefused;
  if (declined) return Reject(change, kPaymentDeclined, refused, now);
  if (refused) return Reject(change, "delivery refused: " + delivery->reason, true, now);
  const bool authorized = payment && WasAuthorized(*payment);
  const bool booked = delivery && delivery->booking == BookingState::kAccepted;
  if (authorized && booked) {
    StatusOf(change).state = OrderState::kConfirmed;
    InstructDelivery(change, ReleaseDelivery{});
  }
}

void DecideConfirmed(Change& change) {
  OrderStatus& status = StatusOf(change);
  const auto& payment = change.order.status.payment;
  if (payment && IsAllDecided(status) && IsSettledFor(status, *payment)) {
    status.state = OrderState::kCompleted;
  }
}

void WriteOff(Change& change, const Shipment& shipment, const std::string& why, absl::Time now) {
  ShipmentValue& valued = FixValue(change.order, shipment);
  if (valued.written_off) return;
  valued.written_off = true;
  std::vector<ShipmentAmount> called;
  if (valued.captured) called.push_back({shipment.shipment_id, valued.value});
  Adjust(change,
         {AdjustmentType::kWrittenOff, valued.value, shipment.shipment_id, shipment.lines, now},
         std::move(called), absl::StrCat("shipment ", shipment.shipment_id, " ", why));
  for (const GoodsQuantity& goods : shipment.lines) {
    // What has left and was lost on the way cannot be sold again; if it turns up, the back office
    // adds it to the stock.
    if (!IsDispatched(shipment)) change.stock_back.push_back(goods);
    for (OrderLineStatus& line : StatusOf(change).lines) {
      if (line.sku == goods.sku) line.written_off += goods.quantity;
    }
  }
}

// It was too late for some of the goods: those go on, the rest is written off.
void ContinueDespiteCancel(Change& change, absl::Time now) {
  const std::vector<Shipment> shipments = change.order.status.delivery->shipments;
  std::vector<std::string> left;
  bool any_canceled = false;
  for (const Shipment& shipment : shipments) {
    if (shipment.state == ShipmentState::kCanceled) {
      WriteOff(change, shipment, "canceled", now);
      any_canceled = true;
    } else if (IsDispatched(shipment)) {
      left.push_back(shipment.shipment_id);
    }
  }
  OrderStatus& status = StatusOf(change);
  status.state = OrderState::kConfirmed;
  status.reason = absl::StrCat("too late to cancel: shipment ", absl::StrJoin(left, ", "),
                               " had left", any_canceled ? "; the rest was canceled" : "");
}

void DecideCancelPending(Change& change, absl::Time now) {
  OrderStatus& status = StatusOf(change);
  const auto& payment = change.order.status.payment;
  const auto& delivery = change.order.status.delivery;
  // No other instruction follows while an order is CANCEL_PENDING.
  if (!delivery || delivery->instructions_applied < status.delivery_instructions) return;
  if (!change.order.cancellation_undone) {
    const bool nothing_left =
        std::none_of(delivery->shipments.begin(), delivery->shipments.end(),
                     [](const Shipment& shipment) { return IsDispatched(shipment); });
    if (!nothing_left) return ContinueDespiteCancel(change, now);
    change.order.cancellation_undone = true;
    Adjust(change, {AdjustmentType::kCanceled, status.due, "", {}, now}, {}, "order canceled");
    GiveStockBack(change);
  }
  // An authorization that is still open may yet succeed; payment voids it then.
  if (payment && !HasOpen(*payment, TransactionType::kAuthorize)) {
    status.state = OrderState::kCanceled;
  }
}

// A shipment's goods are to be paid for.
void CallFor(Change& change, const Shipment& shipment, ShipmentValue& valued, absl::Time now) {
  const Order& order = change.order;
  valued.captured = true;
  if (valued.value == 0) return;
  CapturePayment capture{valued.value, order.contents.currency, shipment.shipment_id};
  if (IsPlanned(order.contents.terms)) {
    capture.scheduled_time = shipment.schedule.completed.value_or(now) +
                             PeriodOf(order.policy.periods, order.contents.terms);
  }
  InstructPayment(change, std::move(capture));
}

void FollowShipments(Change& change, absl::Time now) {
  Order& order = change.order;
  const std::vector<Shipment> shipments = order.status.delivery->shipments;
  for (const Shipment& shipment : shipments) {
    if (IsDispatched(shipment)) {
      ShipmentValue& valued = FixValue(order, shipment);
      // Also if it has failed by now, and both are heard at once: a shop that has lost what it had
      // heard between gives the same instructions again.
      const bool to_pay = WasPayable(order.contents.terms, shipment);
      if (to_pay && !valued.captured && !valued.written_off) CallFor(change, shipment, valued, now);
    }
    if (shipment.state == ShipmentState::kFailed) WriteOff(change, shipment, "failed", now);
  }
}

void CountLines(Change& change) {
  OrderStatus& status = StatusOf(change);
  const DeliveryStatus& delivery = *change.order.status.delivery;
  for (OrderLineStatus& line : status.lines) {
    for (const DeliveryLine& counted : delivery.lines) {
      if (counted.sku != line.sku) continue;
      line.dispatched = counted.dispatched;
      line.delivered = counted.delivered;
    }
  }
  for (const Shipment& shipment : delivery.shipments) {
    if (shipment.state != ShipmentState::kDelivered || !shipment.schedule.completed) continue;
    const absl::Time deadline = *shipment.schedule.completed + change.order.policy.return_period;
    status.return_deadline = std::max(status.return_deadline.value_or(deadline), deadline);
  }
}

void CountReturn(OrderStatus& status, const Return& goods_return, bool back) {
  for (const GoodsQuantity& goods : goods_return.lines) {
    for (OrderLineStatus& line : status.lines) {
      if (line.sku != goods.sku) continue;
      line.return_requested -= goods.quantity;
      if (back) line.returned += goods.quantity;
    }
  }
}

// What delivery says of the returns.
void FollowReturns(Change& change, absl::Time now) {
  OrderStatus& status = StatusOf(change);
  for (size_t i = 0; i < status.returns.size(); ++i) {
    for (const Return& theirs : change.order.status.delivery->returns) {
      Return& ours = status.returns[i];
      if (theirs.return_id != ours.return_id || !IsUnderWay(ours)) continue;
      ours.state = theirs.state;
      ours.rejection_reason = theirs.rejection_reason;
      ours.receive_time = theirs.receive_time;
      if (IsUnderWay(theirs)) continue;
      CountReturn(status, ours, IsBack(theirs));
      if (!IsBack(theirs)) continue;
      std::vector<ShipmentAmount> called = TakeBack(change.order, ours.lines);
      ours.amount = 0;
      for (const ShipmentAmount& part : called) ours.amount += part.amount;
      Adjust(change, {AdjustmentType::kReturned, ours.amount, ours.return_id, ours.lines, now},
             std::move(called), absl::StrCat("return ", ours.return_id));
      change.order.return_reductions[i] = status.payment_instructions;
      for (const GoodsQuantity& goods : ours.lines) change.stock_back.push_back(goods);
    }
  }
}

// A return is over when payment has given its value back, or no longer asks for it.
void SettleReturns(Change& change) {
  OrderStatus& status = StatusOf(change);
  const auto& payment = change.order.status.payment;
  if (!payment) return;
  for (size_t i = 0; i < status.returns.size(); ++i) {
    const bool told = payment->instructions_applied >= change.order.return_reductions[i];
    if (status.returns[i].state == ReturnState::kReceived && told && Owed(*payment) >= 0 &&
        !HasOpen(*payment, TransactionType::kRefund)) {
      status.returns[i].state = ReturnState::kRefunded;
    }
  }
}

}  // namespace

void Conclude(Change& change, absl::Time now) {
  const OrderStatus& status = StatusOf(change);
  if (status.state == OrderState::kAccepted) DecideAccepted(change, now);
  if (status.state == OrderState::kCancelPending) DecideCancelPending(change, now);
  if (status.state == OrderState::kConfirmed) DecideConfirmed(change);
  SettleReturns(change);
}

Change Decline(const Order& order, absl::Time now) {
  Change change{order};
  Reject(change, kPaymentDeclined, false, now);
  return change;
}

Change Accept(OrderContents contents, std::string buyer, std::string request_fingerprint,
              const std::string& payment_method, const OrderPolicy& policy, absl::Time now) {
  Change change;
  Order& order = change.order;
  order.contents = std::move(contents);
  order.buyer = std::move(buyer);
  order.request_fingerprint = std::move(request_fingerprint);
  order.policy = policy;
  order.status.trading_id = order.contents.trading_id;
  OrderStatus& status = order.status.order;
  status.trading_id = order.contents.trading_id;
  status.revision = 1;
  status.create_time = status.update_time = now;
  status.contents_digest = ContentsDigest(order.contents);
  status.state = OrderState::kAccepted;
  status.currency = order.contents.currency;
  status.due = order.contents.total;
  status.delivery_schedule.scheduled = order.contents.promised_delivery_time;
  status.payment_schedule.scheduled =
      order.contents.promised_delivery_time + PeriodOf(policy.periods, order.contents.terms);
  BookDelivery book{order.buyer,
                    status.contents_digest,
                    {},
                    order.contents.ship_to,
                    order.contents.delivery_option,
                    order.contents.promised_delivery_time};
  for (const ContentsLine& line : order.contents.lines) {
    status.lines.push_back({line.sku, line.quantity});
    book.lines.push_back({line.sku, line.quantity});
  }
  InstructPayment(change, AuthorizePayment{order.buyer,
                                           status.contents_digest,
                                           {order.contents.currency, order.contents.total},
                                           order.contents.terms,
                                           payment_method,
                                           *status.payment_schedule.scheduled});
  InstructDelivery(change, std::move(book));
  return change;
}

Change OnReport(const Order& order, const StatusReport& report, absl::Time now) {
  Change change{order};
  OrderStatus& status = StatusOf(change);
  const int64_t heard = status.payment_revision + status.delivery_revision;
  const auto is_heard = [&report](const auto& instruction) {
    return instruction.sequence <= report.instructions_applied();
  };
  if (const PaymentStatus* payment = report.payment()) {
    status.payment_revision = payment->revision;
    status.payment_schedule = payment->schedule;
    change.order.status.payment = *payment;
    if (!report.keepsake.empty()) change.order.payment_keepsake = report.keepsake;
    std::erase_if(change.order.unheard_payment, is_heard);
  } else {
    const DeliveryStatus& delivery = *report.delivery();
    status.delivery_revision = delivery.revision;
    status.delivery_schedule = delivery.schedule;
    change.order.status.delivery = delivery;
    if (!report.keepsake.empty()) change.order.delivery_keepsake = report.keepsake;
    std::erase_if(change.order.unheard_delivery, is_heard);
    CountLines(change);
    FollowShipments(change, now);
    FollowReturns(change, now);
  }
  Conclude(change, now);
  Stamp(change, now);
  // The revision counts the sender's, whatever became of those between.
  status.revision += status.payment_revision + status.delivery_revision - heard - 1;
  return change;
}

}  // namespace tallystick::shopping
