#include "services/shopping/domain/order.h"

#include <algorithm>

#include "platform/trade/rollup.h"

namespace tallystick::shopping {
namespace {

OrderStatus& StatusOf(Change& change) { return change.order.status.order; }

template <typename What>
void InstructPayment(Change& change, What what) {
  const int64_t sequence = ++StatusOf(change).payment_instructions;
  change.payment.push_back({change.order.contents.trading_id, sequence, std::move(what)});
}

template <typename What>
void InstructDelivery(Change& change, What what) {
  const int64_t sequence = ++StatusOf(change).delivery_instructions;
  change.delivery.push_back({change.order.contents.trading_id, sequence, std::move(what)});
}

void ReduceDueBy(Change& change, int64_t amount, std::string reason) {
  StatusOf(change).due -= amount;
  InstructPayment(change, ReduceDue{amount, change.order.contents.currency, std::move(reason)});
}

// Ends the order without delivery: everything that was done is undone.
void Reject(Change& change, const std::string& reason, bool payment_declined,
            bool delivery_refused) {
  OrderStatus& status = StatusOf(change);
  status.state = OrderState::kRejected;
  status.reason = reason;
  if (!payment_declined) {
    ReduceDueBy(change, status.due, reason);
  }
  status.due = 0;
  if (!delivery_refused) InstructDelivery(change, CancelDelivery{reason});
  for (const ContentsLine& line : change.order.contents.lines) {
    change.stock_back.push_back({line.sku, line.quantity});
  }
}

void DecideAccepted(Change& change) {
  const auto& payment = change.order.status.payment;
  const auto& delivery = change.order.status.delivery;
  const bool declined = payment && payment->state == PaymentState::kDeclined;
  const bool refused = delivery && delivery->booking == BookingState::kRefused;
  if (declined) return Reject(change, "payment declined", true, refused);
  if (refused) return Reject(change, "delivery refused: " + delivery->reason, false, true);
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
  const bool all_arrived =
      std::all_of(status.lines.begin(), status.lines.end(), [](const OrderLineStatus& line) {
        return line.delivered + line.written_off >= line.ordered;
      });
  // A settled payment counts only when it knows of everything it was told.
  const bool settled = payment && payment->instructions_applied == status.payment_instructions &&
                       IsSettled(*payment);
  if (all_arrived && settled) status.state = OrderState::kCompleted;
}

// How many pieces of each of the contents' lines stand in shipments whose value was fixed.
std::vector<int64_t> ValuedPieces(const Order& order) {
  std::vector<int64_t> pieces(order.contents.lines.size(), 0);
  for (const ShipmentValue& valued : order.shipment_values) {
    for (const Shipment& shipment : order.status.delivery->shipments) {
      if (shipment.shipment_id != valued.shipment_id) continue;
      for (const GoodsQuantity& goods : shipment.lines) {
        for (size_t i = 0; i < pieces.size(); ++i) {
          if (order.contents.lines[i].sku == goods.sku) pieces[i] += goods.quantity;
        }
      }
    }
  }
  return pieces;
}

// The shares of consecutive shipments add up to the line exactly, whatever the rounding.
ShipmentValue& FixValue(Order& order, const Shipment& shipment) {
  for (ShipmentValue& known : order.shipment_values) {
    if (known.shipment_id == shipment.shipment_id) return known;
  }
  const std::vector<int64_t> before = ValuedPieces(order);
  ShipmentValue valued{shipment.shipment_id};
  if (order.shipment_values.empty()) valued.value = order.contents.delivery_fee;
  for (const GoodsQuantity& goods : shipment.lines) {
    for (size_t i = 0; i < before.size(); ++i) {
      const ContentsLine& line = order.contents.lines[i];
      if (line.sku != goods.sku) continue;
      const int64_t after = std::min(line.quantity, before[i] + goods.quantity);
      const int64_t from = std::min(line.quantity, before[i]);
      valued.value += ShareOf(line.GrossAmount(), after, line.quantity) -
                      ShareOf(line.GrossAmount(), from, line.quantity);
    }
  }
  order.shipment_values.push_back(std::move(valued));
  return order.shipment_values.back();
}

void FollowShipments(Change& change) {
  Order& order = change.order;
  for (const Shipment& shipment : order.status.delivery->shipments) {
    const bool failed = shipment.state == ShipmentState::kFailed;
    if (!IsDispatched(shipment) && !failed) continue;
    ShipmentValue& valued = FixValue(order, shipment);
    if (IsDispatched(shipment) && !failed && !valued.captured) {
      valued.captured = true;
      if (valued.value > 0) {
        InstructPayment(
            change, CapturePayment{valued.value, order.contents.currency, shipment.shipment_id});
      }
    }
    if (failed && !valued.written_off) {
      valued.written_off = true;
      ReduceDueBy(change, valued.value, "shipment " + shipment.shipment_id + " failed");
      for (const GoodsQuantity& goods : shipment.lines) change.stock_back.push_back(goods);
    }
  }
}

void CountLines(OrderStatus& status, const DeliveryStatus& delivery) {
  for (OrderLineStatus& line : status.lines) {
    for (const DeliveryLine& counted : delivery.lines) {
      if (counted.sku != line.sku) continue;
      line.dispatched = counted.dispatched;
      line.delivered = counted.delivered;
      line.written_off = counted.failed;
    }
  }
}

void Decide(Change& change, absl::Time now) {
  OrderStatus& status = StatusOf(change);
  if (status.state == OrderState::kAccepted) DecideAccepted(change);
  if (status.state == OrderState::kConfirmed) DecideConfirmed(change);
  ++status.revision;
  status.update_time = now;
}

}  // namespace

Change Accept(OrderContents contents, std::string buyer, std::string request_fingerprint,
              const std::string& payment_method, absl::Time now) {
  Change change;
  Order& order = change.order;
  order.contents = std::move(contents);
  order.buyer = std::move(buyer);
  order.request_fingerprint = std::move(request_fingerprint);
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
  status.payment_schedule.scheduled = order.contents.promised_delivery_time;
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
                                           order.contents.promised_delivery_time});
  InstructDelivery(change, std::move(book));
  return change;
}

Change OnPaymentReport(const Order& order, PaymentStatus payment, absl::Time now) {
  Change change{order, {}, {}, {}};
  OrderStatus& status = StatusOf(change);
  status.payment_revision = payment.revision;
  status.payment_schedule = payment.schedule;
  change.order.status.payment = std::move(payment);
  Decide(change, now);
  return change;
}

Change OnDeliveryReport(const Order& order, DeliveryStatus delivery, absl::Time now) {
  Change change{order, {}, {}, {}};
  OrderStatus& status = StatusOf(change);
  status.delivery_revision = delivery.revision;
  status.delivery_schedule = delivery.schedule;
  CountLines(status, delivery);
  change.order.status.delivery = std::move(delivery);
  FollowShipments(change);
  Decide(change, now);
  return change;
}

}  // namespace tallystick::shopping
