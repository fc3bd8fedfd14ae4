// The three statuses; the rest of the conversions is in convert.cc.
#include "absl/strings/str_cat.h"
#include "platform/wire/convert.h"

namespace tallystick::wire {
namespace {

template <typename Proto>
void PutHeader(const StatusHeader& header, Proto* proto) {
  proto->set_trading_id(header.trading_id.ToString());
  proto->set_revision(header.revision);
  Put(header.create_time, proto->mutable_create_time());
  Put(header.update_time, proto->mutable_update_time());
  proto->set_contents_digest(header.contents_digest);
}

// `odd` gets the text when it is no id in the form that the protocol asks for.
Uuid ReadId(const std::string& text, std::string* odd) {
  const std::optional<Uuid> id = ParseUuid(text);
  if (!id || id->ToString() != text) *odd = text;
  return id.value_or(Uuid{});
}

template <typename Proto>
void ReadHeader(const Proto& proto, StatusHeader* header) {
  header->trading_id = ReadId(proto.trading_id(), &header->odd_trading_id);
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

v1::Return ToProto(const Return& from, const std::string& currency) {
  v1::Return proto;
  proto.set_return_id(from.return_id);
  proto.set_state(static_cast<v1::ReturnState>(from.state));
  PutGoods(from.lines, proto.mutable_lines());
  proto.set_reason(from.reason);
  proto.set_rejection_reason(from.rejection_reason);
  Put(from.request_time, proto.mutable_request_time());
  if (from.receive_time) Put(*from.receive_time, proto.mutable_receive_time());
  if (!currency.empty()) Put(from.amount, currency, proto.mutable_amount());
  proto.set_request_id(from.request_id);
  return proto;
}

Return FromProto(const v1::Return& proto, const std::string& at, AmountReader& amount) {
  Return to{proto.return_id(), static_cast<ReturnState>(proto.state()), GoodsFrom(proto.lines()),
            proto.reason(), proto.rejection_reason()};
  to.request_time = TimeFrom(proto.request_time());
  if (proto.has_receive_time()) to.receive_time = TimeFrom(proto.receive_time());
  to.amount = amount(at, "amount", proto.amount());
  to.request_id = proto.request_id();
  return to;
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
  for (const DueAdjustment& adjustment : status.adjustments) {
    v1::DueAdjustment* to = proto.add_adjustments();
    to->set_type(static_cast<v1::DueAdjustmentType>(adjustment.type));
    Put(adjustment.amount, status.currency, to->mutable_amount());
    to->set_reference_id(adjustment.reference_id);
    PutGoods(adjustment.lines, to->mutable_lines());
    Put(adjustment.create_time, to->mutable_create_time());
  }
  for (const Return& from : status.returns) {
    *proto.add_returns() = ToProto(from, status.currency);
  }
  if (status.return_deadline) Put(*status.return_deadline, proto.mutable_return_deadline());
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
  AmountReader amount(status.currency, status.odd_amounts);
  for (int i = 0; i < proto.adjustments_size(); ++i) {
    const v1::DueAdjustment& from = proto.adjustments(i);
    status.adjustments.push_back(
        {static_cast<AdjustmentType>(from.type()),
         amount(absl::StrCat("adjustments[", i, "]."), "amount", from.amount()),
         from.reference_id(), GoodsFrom(from.lines()), TimeFrom(from.create_time())});
  }
  for (int i = 0; i < proto.returns_size(); ++i) {
    status.returns.push_back(
        FromProto(proto.returns(i), absl::StrCat("returns[", i, "]."), amount));
  }
  if (proto.has_return_deadline()) status.return_deadline = TimeFrom(proto.return_deadline());
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
    to->set_retry_of(transaction.retry_of);
  }
  for (const PlannedCapture& planned : status.planned_captures) {
    v1::PlannedCapture* to = proto.add_planned_captures();
    to->set_number(planned.number);
    Put(planned.amount, status.currency, to->mutable_amount());
    to->set_shipment_id(planned.shipment_id);
    Put(planned.scheduled_time, to->mutable_scheduled_time());
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
  AmountReader amount(status.currency, status.odd_amounts);
  status.due = proto.due().minor_units();
  status.authorized = amount("", "authorized", proto.authorized());
  status.captured = amount("", "captured", proto.captured());
  status.refunded = amount("", "refunded", proto.refunded());
  status.voided = amount("", "voided", proto.voided());
  for (int i = 0; i < proto.transactions_size(); ++i) {
    const v1::PaymentTransaction& transaction = proto.transactions(i);
    status.transactions.push_back(
        {transaction.number(), static_cast<TransactionType>(transaction.type()),
         static_cast<TransactionState>(transaction.state()),
         amount(absl::StrCat("transactions[", i, "]."), "amount", transaction.amount()),
         transaction.reference(), transaction.shipment_id(), transaction.failure_reason(),
         TimeFrom(transaction.create_time()), TimeFrom(transaction.update_time()),
         transaction.retry_of()});
  }
  for (int i = 0; i < proto.planned_captures_size(); ++i) {
    const v1::PlannedCapture& planned = proto.planned_captures(i);
    status.planned_captures.push_back(
        {planned.number(),
         amount(absl::StrCat("planned_captures[", i, "]."), "amount", planned.amount()),
         planned.shipment_id(), TimeFrom(planned.scheduled_time())});
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
    to->set_canceled(line.canceled);
    to->set_returned(line.returned);
  }
  for (const Shipment& shipment : status.shipments) {
    v1::Shipment* to = proto.add_shipments();
    to->set_shipment_id(shipment.shipment_id);
    to->set_state(static_cast<v1::ShipmentState>(shipment.state));
    PutGoods(shipment.lines, to->mutable_lines());
    to->set_carrier(shipment.carrier);
    to->set_tracking_number(shipment.tracking_number);
    to->set_reason(shipment.reason);
    *to->mutable_schedule() = ToProto(shipment.schedule);
    if (shipment.dispatch_time) Put(*shipment.dispatch_time, to->mutable_dispatch_time());
  }
  *proto.mutable_schedule() = ToProto(status.schedule);
  proto.set_instructions_applied(status.instructions_applied);
  for (const Return& from : status.returns) *proto.add_returns() = ToProto(from, "");
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
    status.lines.push_back({line.sku(), line.ordered(), line.dispatched(), line.delivered(),
                            line.failed(), line.canceled(), line.returned()});
  }
  for (const v1::Shipment& from : proto.shipments()) {
    Shipment shipment;
    shipment.shipment_id = from.shipment_id();
    shipment.state = static_cast<ShipmentState>(from.state());
    shipment.lines = GoodsFrom(from.lines());
    shipment.carrier = from.carrier();
    shipment.tracking_number = from.tracking_number();
    shipment.reason = from.reason();
    shipment.schedule = FromProto(from.schedule());
    if (from.has_dispatch_time()) shipment.dispatch_time = TimeFrom(from.dispatch_time());
    status.shipments.push_back(std::move(shipment));
  }
  status.schedule = FromProto(proto.schedule());
  status.instructions_applied = proto.instructions_applied();
  const std::string no_currency;  // amounts of returns are the shop's to say
  AmountReader amount(no_currency, status.odd_amounts);
  for (int i = 0; i < proto.returns_size(); ++i) {
    status.returns.push_back(
        FromProto(proto.returns(i), absl::StrCat("returns[", i, "]."), amount));
  }
  return status;
}

TradingStatus FromProto(const v1::TradingStatus& proto) {
  TradingStatus status;
  status.trading_id = ReadId(proto.trading_id(), &status.odd_trading_id);
  status.order = FromProto(proto.order());
  if (proto.has_payment()) status.payment = FromProto(proto.payment());
  if (proto.has_delivery()) status.delivery = FromProto(proto.delivery());
  return status;
}

}  // namespace tallystick::wire
