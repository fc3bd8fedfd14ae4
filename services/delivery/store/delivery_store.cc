#include "services/delivery/store/delivery_store.h"

#include "platform/wire/convert.h"
#include "platform/wire/records.h"
#include "services/delivery/domain/take_back.h"
#include "tallystick/record/v1/delivery_record.pb.h"

namespace tallystick::delivery {
namespace {

// What no buyer is told.
record::v1::DeliveryRecord Untold(const Delivery& delivery) {
  record::v1::DeliveryRecord record;
  record.set_delivery_option(delivery.delivery_option);
  for (const DispatchRecord& dispatch : delivery.dispatches) {
    auto* to = record.add_dispatches();
    to->set_request_id(std::string(dispatch.request_id.AsBytes()));
    to->set_fingerprint(dispatch.fingerprint);
    to->set_shipment_id(dispatch.shipment_id);
  }
  for (const RefusedInstruction& one : delivery.refused) {
    auto* to = record.add_refused();
    to->set_sequence(one.sequence);
    to->set_reason(one.reason);
  }
  return record;
}

void ReadUntold(const record::v1::DeliveryRecord& record, Delivery& delivery) {
  delivery.delivery_option = record.delivery_option();
  for (const auto& dispatch : record.dispatches()) {
    delivery.dispatches.push_back(
        {UuidFromBytes(dispatch.request_id()), dispatch.fingerprint(), dispatch.shipment_id()});
  }
  for (const auto& one : record.refused()) {
    delivery.refused.push_back({one.sequence(), one.reason()});
  }
}

}  // namespace

postgres::DocumentRow DeliveryCodec::Encode(const Delivery& delivery) {
  record::v1::DeliveryRecord record = Untold(delivery);
  *record.mutable_status() = wire::ToProto(delivery.status);
  if (delivery.taken_back.revision > 0) {
    *record.mutable_taken_back() = wire::ToRecord(delivery.taken_back);
  }
  record.set_traceparent(delivery.traceparent);
  return {delivery.status.trading_id, delivery.buyer, delivery.status.revision,
          record.SerializeAsString(), delivery.status.update_time};
}

Delivery DeliveryCodec::Decode(const postgres::DocumentRow& row) {
  const auto record = postgres::Parse<record::v1::DeliveryRecord>(row);
  Delivery delivery{wire::FromProto(record.status()), row.buyer};
  ReadUntold(record, delivery);
  delivery.taken_back = wire::FromRecord(record.taken_back());
  delivery.traceparent = record.traceparent();
  return delivery;
}

postgres::HistoryEntry DeliveryCodec::EncodeChange(const Delivery*, const Delivery& after) {
  record::v1::DeliveryRecord record;
  *record.mutable_status() = wire::ToProto(after.status);
  return {after.status.trading_id, after.status.revision, after.status.update_time,
          record.SerializeAsString()};
}

WorkItem ReportItem(const Delivery& delivery, const RevisionMark& previous) {
  v1::Report report;
  *report.mutable_delivery() = wire::ToProto(delivery.status);
  wire::PutPrevious(previous, report);
  report.set_keepsake(Untold(delivery).SerializeAsString());
  report.set_traceparent(delivery.traceparent);
  WorkItem item{delivery.status.trading_id, kReportQueue.number, delivery.status.revision,
                absl::ZeroDuration(), report.SerializeAsString()};
  item.shares_row = true;
  return item;
}

const DeliveryStatus& Recovery::StatusOf(const Delivery& delivery) { return delivery.status; }

std::string Recovery::KeepsakeOf(const Delivery& delivery) {
  return Untold(delivery).SerializeAsString();
}

DeliveryStatus Recovery::StatusIn(const postgres::HistoryEntry& entry) {
  record::v1::DeliveryRecord record;
  if (entry.entry.empty() || !record.ParseFromString(entry.entry)) {
    throw postgres::Unreadable("an entry of the history of trade " + entry.trading_id.ToString());
  }
  return wire::FromProto(record.status());
}

absl::StatusOr<Delivery> Recovery::Remembered(const RememberedTrade& trade) {
  record::v1::DeliveryRecord untold;
  const auto* status = trade.report ? std::get_if<DeliveryStatus>(&trade.report->status) : nullptr;
  if (status == nullptr || trade.report->keepsake.empty() ||
      !untold.ParseFromString(trade.report->keepsake)) {
    return absl::InvalidArgumentError("what the shop remembers of the trade cannot be read");
  }
  Delivery delivery{*status, trade.buyer};
  ReadUntold(untold, delivery);
  return delivery;
}

absl::StatusOr<Change> Recovery::TakeBack(const Delivery* mine, const Delivery& remembered,
                                          absl::Time now) {
  return delivery::TakeBack(mine, remembered, now);
}

}  // namespace tallystick::delivery
