#include "services/payment/store/payment_store.h"

#include "platform/wire/convert.h"
#include "platform/wire/records.h"
#include "services/payment/domain/take_back.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::payment {
namespace {

// What no buyer is told.
record::v1::PaymentRecord Untold(const Payment& payment) {
  record::v1::PaymentRecord record;
  record.set_payment_method(payment.payment_method);
  record.set_called_minor_units(payment.called);
  for (const RefusedInstruction& one : payment.refused) {
    auto* to = record.add_refused();
    to->set_sequence(one.sequence);
    to->set_reason(one.reason);
    to->set_shipment_id(one.shipment_id);
  }
  for (const auto& [sequence, fingerprint] : payment.instructed) {
    auto* to = record.add_instructed();
    to->set_sequence(sequence);
    to->set_fingerprint(fingerprint);
  }
  return record;
}

void ReadUntold(const record::v1::PaymentRecord& record, Payment& payment) {
  payment.payment_method = record.payment_method();
  payment.called = record.called_minor_units();
  for (const auto& one : record.refused()) {
    payment.refused.push_back({one.sequence(), one.reason(), one.shipment_id()});
  }
  for (const auto& one : record.instructed()) {
    payment.instructed.emplace(one.sequence(), one.fingerprint());
  }
}

}  // namespace

postgres::DocumentRow PaymentCodec::Encode(const Payment& payment) {
  record::v1::PaymentRecord record = Untold(payment);
  *record.mutable_status() = wire::ToProto(payment.status);
  record.set_shop_keepsake(payment.shop_keepsake);
  if (payment.taken_back.revision > 0) {
    *record.mutable_taken_back() = wire::ToRecord(payment.taken_back);
  }
  record.set_traceparent(payment.traceparent);
  return {payment.status.trading_id, payment.buyer, payment.status.revision,
          record.SerializeAsString(), payment.status.update_time};
}

Payment PaymentCodec::Decode(const postgres::DocumentRow& row) {
  const auto record = postgres::Parse<record::v1::PaymentRecord>(row);
  Payment payment{wire::FromProto(record.status()), row.buyer};
  ReadUntold(record, payment);
  payment.shop_keepsake = record.shop_keepsake();
  payment.taken_back = wire::FromRecord(record.taken_back());
  payment.traceparent = record.traceparent();
  return payment;
}

postgres::HistoryEntry PaymentCodec::EncodeChange(const Payment*, const Payment& after) {
  record::v1::PaymentRecord record;
  *record.mutable_status() = wire::ToProto(after.status);
  return {after.status.trading_id, after.status.revision, after.status.update_time,
          record.SerializeAsString()};
}

WorkItem ReportItem(const Payment& payment, const RevisionMark& previous) {
  v1::Report report;
  *report.mutable_payment() = wire::ToProto(payment.status);
  wire::PutPrevious(previous, report);
  report.set_keepsake(Untold(payment).SerializeAsString());
  report.set_traceparent(payment.traceparent);
  WorkItem item{payment.status.trading_id, kReportQueue.number, payment.status.revision,
                absl::ZeroDuration(), report.SerializeAsString()};
  item.shares_row = true;
  return item;
}

const PaymentStatus& Recovery::StatusOf(const Payment& payment) { return payment.status; }

std::string Recovery::KeepsakeOf(const Payment& payment) {
  return Untold(payment).SerializeAsString();
}

PaymentStatus Recovery::StatusIn(const postgres::HistoryEntry& entry) {
  record::v1::PaymentRecord record;
  if (entry.entry.empty() || !record.ParseFromString(entry.entry)) {
    throw postgres::Unreadable("an entry of the history of trade " + entry.trading_id.ToString());
  }
  return wire::FromProto(record.status());
}

absl::StatusOr<Payment> Recovery::Remembered(const RememberedTrade& trade) {
  record::v1::PaymentRecord untold;
  const auto* status = trade.report ? std::get_if<PaymentStatus>(&trade.report->status) : nullptr;
  if (status == nullptr || trade.report->keepsake.empty() ||
      !untold.ParseFromString(trade.report->keepsake)) {
    return absl::InvalidArgumentError("what the shop remembers of the trade cannot be read");
  }
  Payment payment{*status, trade.buyer};
  ReadUntold(untold, payment);
  payment.shop_keepsake = trade.keepsake;
  return payment;
}

absl::StatusOr<Change> Recovery::TakeBack(const Payment* mine, const Payment& remembered,
                                          absl::Time now) {
  return payment::TakeBack(mine, remembered, now);
}

}  // namespace tallystick::payment
