// The three statuses; the rest of the conversions is in convert.cc.
#include "platform/wire/convert.h"

namespace tallystick::wire {
namespace {

constexpr char kMixedCurrencies[] = "MIXED";

template <typename Proto>
void PutHeader(const StatusHeader& header, Proto* proto) {
  proto->set_trading_id(header.trading_id.ToString());
  proto->set_revision(header.revision);
  Put(header.create_time, proto->mutable_create_time());
  Put(header.update_time, proto->mutable_update_time());
  proto->set_contents_digest(header.contents_digest);
}

template <typename Proto>
void ReadHeader(const Proto& proto, StatusHeader* header) {
  header->trading_id = ParseUuid(proto.trading_id()).value_or(Uuid{});
  header->revision = proto.revision();
  header->create_time = TimeFrom(proto.create_time());
  header->update_time = TimeFrom(proto.update_time());
  header->contents_digest = proto.contents_digest();
}

v1::Schedule ToProto(const Schedule& schedule) {
  v1::Schedule proto;
  if (schedule.scheduled) Put(*schedule.scheduled, proto.mutable_scheduled_time());
  if (schedule.completed) Put(*schedule.completed, proto.mutable_completed_time());
  return proto;
}

Schedule FromProto(const v1::Schedule& proto) {
  Schedule schedule;
  if (proto.has_scheduled_time()) schedule.scheduled = TimeFrom(proto.scheduled_time());
  if (proto.has_completed_time()) schedule.completed = TimeFrom(proto.completed_time());
  return schedule;
}

}  // namespace

v1::OrderStatus ToProto(const OrderStatus& status) {
  v1::OrderStatus proto;
  PutHeader(status, &proto);
  proto.set_state(static_cast<v1::OrderState>(status.state));
  for (const OrderLineStatus& line : status.lines) {
    v1::OrderLineStatus* to = proto.add_lines();
    to->set_sku(line.sku);
    to->set_ordered(line.ordered);
    to->set_dispatched(line.dispatched);
    to->set_delivered(line.delivered);
    to->set_written_off(line.written_off);
    to->set_return_requested(line.return_requested);
    to->set_returned(line.returned);
  }
  proto.set_reason(status.reason);
  Put(status.due, status.currency, proto.mutable_due());
  *proto.mutable_delivery_schedule() = ToProto(status.delivery_schedule);
  *proto.mutable_payment_schedule() = ToProto(status.payment_schedule);
  proto.set_payment_instructions(status.payment_instructions);
  proto.set_delivery_instructions(status.delivery_instructions);
  proto.set_payment_revision(status.payment_revision);
  proto.set_delivery_revision(status.delivery_revision);
  return proto;
}

OrderStatus FromProto(const v1::OrderStatus& proto) {
  OrderStatus status;
  ReadHeader(proto, &status);
  status.state = static_cast<OrderState>(proto.state());
  for (const v1::OrderLineStatus& line : proto.lines()) {
    status.lines.push_back({line.sku(), line.ordered(), line.dispatched(), line.delivered(),
                            line.written_off(), line.return_requested(), line.returned()});
  }
  status.reason = proto.reason();
  status.currency = proto.due().currency_code();
  status.due = proto.due().minor_units();
  status.delivery_schedule = FromProto(proto.delivery_schedule());
  status.payment_schedule = FromProto(proto.payment_schedule());
  status.payment_instructions = proto.payment_instructions();
  status.delivery_instructions = proto.delivery_instructions();
  status.payment_revision = proto.payment_revision();
  status.delivery_revision = proto.delivery_revision();
  return status;
}

v1::PaymentStatus ToProto(const PaymentStatus& status) {
  v1::PaymentStatus proto;
  PutHeader(status, &proto);
  proto.set_state(static_cast<v1::PaymentState>(status.state));
  proto.set_terms(static_cast<v1::Terms>(status.terms));
  Put(status.due, status.currency, proto.mutable_due());
  Put(status.authorized, status.currency, proto.mutable_authorized());
  Put(status.captured, status.currency, proto.mutable_captured());
  Put(status.refunded, status.currency, proto.mutable_refunded());
  Put(status.voided, status.currency, proto.mutable_voided());
  for (const PaymentTransaction& transaction : status.transactions) {
    v1::PaymentTransaction* to = proto.add_transactions();
    to->set_number(transaction.number);
    to->set_type(static_cast<v1::TransactionType>(transaction.type));
    to->set_state(static_cast<v1::TransactionState>(transaction.state));
    Put(transaction.amount, status.currency, to->mutable_amount());
    to->set_reference(transaction.reference);
    to->set_shipment_id(transaction.shipment_id);
    to->set_failure_reason(transaction.failure_reason);
    Put(transaction.create_time, to->mutable_create_time());
    Put(transaction.update_time, to->mutable_update_time());
  }
  *proto.mutable_schedule() = ToProto(status.schedule);
  proto.set_instructions_applied(status.instructions_applied);
  return proto;
}

PaymentStatus FromProto(const v1::PaymentStatus& proto) {
  PaymentStatus status;
  ReadHeader(proto, &status);
  status.state = static_cast<PaymentState>(proto.state());
  status.terms = static_cast<Terms>(proto.terms());
  status.currency = proto.due().currency_code();
  const auto amount = [&status](const v1::Money& money) {
    if (money.currency_code() != status.currency) status.currency = kMixedCurrencies;
    return money.minor_units();
  };
  status.due = amount(proto.due());
  status.authorized = amount(proto.authorized());
  status.captured = amount(proto.captured());
  status.refunded = amount(proto.refunded());
  status.voided = amount(proto.voided());
  for (const v1::PaymentTransaction& transaction : proto.transactions()) {
    status.transactions.push_back(
        {transaction.number(), static_cast<TransactionType>(transaction.type()),
         static_cast<TransactionState>(transaction.state()), amount(transaction.amount()),
         transaction.reference(), transaction.shipment_id(), transaction.failure_reason(),
         TimeFrom(transaction.create_time()), TimeFrom(transaction.update_time())});
  }
  status.schedule = FromProto(proto.schedule());
  status.instructions_applied = proto.instructions_applied();
  return status;
}

v1::DeliveryStatus ToProto(const DeliveryStatus& status) {
  v1::DeliveryStatus proto;
  PutHeader(status, &proto);
  proto.set_state(static_cast<v1::DeliveryState>(status.state));
  proto.set_booking(static_cast<v1::BookingState>(status.booking));
  proto.set_reason(status.reason);
  *proto.mutable_ship_to() = ToProto(status.ship_to);
  for (const DeliveryLine& line : status.lines) {
    v1::DeliveryLine* to = proto.add_lines();
    to->set_sku(line.sku);
    to->set_ordered(line.ordered);
    to->set_dispatched(line.dispatched);
    to->set_delivered(line.delivered);
    to->set_failed(line.failed);
  }
  for (const Shipment& shipment : status.shipments) {
    v1::Shipment* to = proto.add_shipments();
    to->set_shipment_id(shipment.shipment_id);
    to->set_state(static_cast<v1::ShipmentState>(shipment.state));
    for (const GoodsQuantity& goods : shipment.lines) {
      v1::GoodsQuantity* line = to->add_lines();
      line->set_sku(goods.sku);
      line->set_quantity(goods.quantity);
    }
    to->set_carrier(shipment.carrier);
    to->set_tracking_number(shipment.tracking_number);
    to->set_reason(shipment.reason);
    *to->mutable_schedule() = ToProto(shipment.schedule);
    if (shipment.dispatch_time) Put(*shipment.dispatch_time, to->mutable_dispatch_time());
  }
  *proto.mutable_schedule() = ToProto(status.schedule);
  proto.set_instructions_applied(status.instructions_applied);
  return proto;
}

DeliveryStatus FromProto(const v1::DeliveryStatus& proto) {
  DeliveryStatus status;
  ReadHeader(proto, &status);
  status.state = static_cast<DeliveryState>(proto.state());
  status.booking = static_cast<BookingState>(proto.booking());
  status.reason = proto.reason();
  status.ship_to = FromProto(proto.ship_to());
  for (const v1::DeliveryLine& line : proto.lines()) {
    status.lines.push_back(
        {line.sku(), line.ordered(), line.dispatched(), line.delivered(), line.failed()});
  }
  for (const v1::Shipment& from : proto.shipments()) {
    Shipment shipment;
    shipment.shipment_id = from.shipment_id();
    shipment.state = static_cast<ShipmentState>(from.state());
    for (const v1::GoodsQuantity& line : from.lines()) {
      shipment.lines.push_back({line.sku(), line.quantity()});
    }
    shipment.carrier = from.carrier();
    shipment.tracking_number = from.tracking_number();
    shipment.reason = from.reason();
    shipment.schedule = FromProto(from.schedule());
    if (from.has_dispatch_time()) shipment.dispatch_time = TimeFrom(from.dispatch_time());
    status.shipments.push_back(std::move(shipment));
  }
  status.schedule = FromProto(proto.schedule());
  status.instructions_applied = proto.instructions_applied();
  return status;
}

}  // namespace tallystick::wire
