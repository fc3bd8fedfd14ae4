#include "services/payment/store/payment_store.h"

#include "platform/wire/convert.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::payment {

postgres::DocumentRow PaymentCodec::Encode(const Payment& payment) {
  record::v1::PaymentRecord record;
  *record.mutable_status() = wire::ToProto(payment.status);
  record.set_payment_method(payment.payment_method);
  record.set_called_minor_units(payment.called);
  for (const RefusedInstruction& one : payment.refused) {
    auto* to = record.add_refused();
    to->set_sequence(one.sequence);
    to->set_reason(one.reason);
  }
  return {payment.status.trading_id, payment.buyer, payment.status.revision,
          record.SerializeAsString(), payment.status.update_time};
}

Payment PaymentCodec::Decode(const postgres::DocumentRow& row) {
  const auto record = postgres::Parse<record::v1::PaymentRecord>(row);
  Payment payment{wire::FromProto(record.status()), row.buyer, record.payment_method(),
                  record.called_minor_units()};
  for (const auto& one : record.refused()) {
    payment.refused.push_back({one.sequence(), one.reason()});
  }
  return payment;
}

postgres::HistoryEntry PaymentCodec::EncodeChange(const Payment*, const Payment& after) {
  record::v1::PaymentRecord record;
  *record.mutable_status() = wire::ToProto(after.status);
  return {after.status.trading_id, after.status.revision, after.status.update_time,
          record.SerializeAsString()};
}

WorkItem ReportItem(const Payment& payment) {
  v1::Report report;
  *report.mutable_payment() = wire::ToProto(payment.status);
  return {payment.status.trading_id, kReportQueue.number, payment.status.revision,
          absl::ZeroDuration(), report.SerializeAsString()};
}

}  // namespace tallystick::payment
