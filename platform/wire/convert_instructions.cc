// What the shop tells payment and delivery; the rest of the conversions is in convert.cc.
#include "absl/status/status.h"
#include "platform/ids/trace.h"
#include "platform/lang/overloaded.h"
#include "platform/wire/convert.h"

namespace tallystick::wire {
namespace {

template <typename Instruction, typename Proto>
absl::StatusOr<Instruction> ReadEnvelope(const Proto& proto) {
  const absl::StatusOr<Uuid> id = ReadTradingId("instructions.trading_id", proto.trading_id());
  if (!id.ok()) return id.status();
  Instruction instruction;
  instruction.trading_id = *id;
  instruction.sequence = proto.sequence();
  if (IsTraceparent(proto.traceparent())) instruction.traceparent = proto.traceparent();
  return instruction;
}

}  // namespace

v1::PaymentInstruction ToProto(const PaymentInstruction& instruction) {
  v1::PaymentInstruction proto;
  proto.set_trading_id(instruction.trading_id.ToString());
  proto.set_sequence(instruction.sequence);
  proto.set_traceparent(instruction.traceparent);
  std::visit(Overloaded{[&](const AuthorizePayment& authorize) {
                          auto* to = proto.mutable_authorize();
                          to->set_buyer(authorize.buyer);
                          to->set_contents_digest(authorize.contents_digest);
                          Put(authorize.total.minor, authorize.total.currency, to->mutable_total());
                          to->set_terms(static_cast<v1::Terms>(authorize.terms));
                          to->set_payment_method(authorize.payment_method);
                          Put(authorize.scheduled_time, to->mutable_scheduled_time());
                          to->set_keepsake(authorize.keepsake);
                        },
                        [&](const CapturePayment& capture) {
                          auto* to = proto.mutable_capture();
                          Put(capture.amount, capture.currency, to->mutable_amount());
                          to->set_shipment_id(capture.shipment_id);
                          if (capture.scheduled_time) {
                            Put(*capture.scheduled_time, to->mutable_scheduled_time());
                          }
                        },
                        [&](const ReduceDue& reduce) {
                          auto* to = proto.mutable_reduce_due();
                          Put(reduce.amount, reduce.currency, to->mutable_amount());
                          to->set_reason(reduce.reason);
                          Put(reduce.called_amount, reduce.currency, to->mutable_called_amount());
                          for (const ShipmentAmount& part : reduce.called_for) {
                            auto* called = to->add_called_for();
                            called->set_shipment_id(part.shipment_id);
                            Put(part.amount, reduce.currency, called->mutable_amount());
                          }
                        }},
             instruction.what);
  return proto;
}

v1::DeliveryInstruction ToProto(const DeliveryInstruction& instruction) {
  v1::DeliveryInstruction proto;
  proto.set_trading_id(instruction.trading_id.ToString());
  proto.set_sequence(instruction.sequence);
  proto.set_traceparent(instruction.traceparent);
  std::visit(Overloaded{[&](const BookDelivery& book) {
                          auto* to = proto.mutable_book();
                          to->set_buyer(book.buyer);
                          to->set_contents_digest(book.contents_digest);
                          PutGoods(book.lines, to->mutable_lines());
                          *to->mutable_ship_to() = ToProto(book.ship_to);
                          to->set_delivery_option(book.delivery_option);
                          Put(book.scheduled_time, to->mutable_scheduled_time());
                        },
                        [&](const ReleaseDelivery&) { proto.mutable_release(); },
                        [&](const CancelDelivery& cancel) {
                          proto.mutable_cancel()->set_reason(cancel.reason);
                        },
                        [&](const CollectReturn& collect) {
                          auto* to = proto.mutable_collect();
                          to->set_return_id(collect.return_id);
                          PutGoods(collect.lines, to->mutable_lines());
                          to->set_reason(collect.reason);
                          to->set_request_id(collect.request_id);
                        }},
             instruction.what);
  return proto;
}

absl::StatusOr<PaymentInstruction> FromProto(const v1::PaymentInstruction& proto) {
  auto instruction = ReadEnvelope<PaymentInstruction>(proto);
  if (!instruction.ok()) return instruction;
  switch (proto.instruction_case()) {
    case v1::PaymentInstruction::kAuthorize: {
      const auto& from = proto.authorize();
      instruction->what =
          AuthorizePayment{from.buyer(),
                           from.contents_digest(),
                           {from.total().currency_code(), from.total().minor_units()},
                           static_cast<Terms>(from.terms()),
                           from.payment_method(),
                           TimeFrom(from.scheduled_time()),
                           from.keepsake()};
      return instruction;
    }
    case v1::PaymentInstruction::kCapture: {
      const auto& from = proto.capture();
      CapturePayment capture{from.amount().minor_units(), from.amount().currency_code(),
                             from.shipment_id()};
      if (from.has_scheduled_time()) capture.scheduled_time = TimeFrom(from.scheduled_time());
      instruction->what = std::move(capture);
      return instruction;
    }
    case v1::PaymentInstruction::kReduceDue: {
      const auto& from = proto.reduce_due();
      ReduceDue reduce{from.amount().minor_units(), from.amount().currency_code(), from.reason(),
                       from.called_amount().minor_units()};
      for (const auto& part : from.called_for()) {
        reduce.called_for.push_back({part.shipment_id(), part.amount().minor_units()});
      }
      instruction->what = std::move(reduce);
      return instruction;
    }
    default:
      return absl::InvalidArgumentError("this payment manager does not know the instruction");
  }
}

absl::StatusOr<DeliveryInstruction> FromProto(const v1::DeliveryInstruction& proto) {
  auto instruction = ReadEnvelope<DeliveryInstruction>(proto);
  if (!instruction.ok()) return instruction;
  switch (proto.instruction_case()) {
    case v1::DeliveryInstruction::kBook: {
      const auto& from = proto.book();
      instruction->what = BookDelivery{from.buyer(),
                                       from.contents_digest(),
                                       GoodsFrom(from.lines()),
                                       FromProto(from.ship_to()),
                                       from.delivery_option(),
                                       TimeFrom(from.scheduled_time())};
      return instruction;
    }
    case v1::DeliveryInstruction::kRelease:
      instruction->what = ReleaseDelivery{};
      return instruction;
    case v1::DeliveryInstruction::kCancel:
      instruction->what = CancelDelivery{proto.cancel().reason()};
      return instruction;
    case v1::DeliveryInstruction::kCollect: {
      const auto& from = proto.collect();
      instruction->what = CollectReturn{from.return_id(), GoodsFrom(from.lines()), from.reason(),
                                        from.request_id()};
      return instruction;
    }
    default:
      return absl::InvalidArgumentError("this delivery manager does not know the instruction");
  }
}

}  // namespace tallystick::wire
