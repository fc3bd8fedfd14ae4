#include "services/delivery/store/delivery_store.h"

#include "platform/wire/convert.h"
#include "tallystick/record/v1/delivery_record.pb.h"

namespace tallystick::delivery {

postgres::DocumentRow DeliveryCodec::Encode(const Delivery& delivery) {
  record::v1::DeliveryRecord record;
  *record.mutable_status() = wire::ToProto(delivery.status);
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
  return {delivery.status.trading_id, delivery.buyer, delivery.status.revision,
          record.SerializeAsString(), delivery.status.update_time};
}

Delivery DeliveryCodec::Decode(const postgres::DocumentRow& row) {
  const auto record = postgres::Parse<record::v1::DeliveryRecord>(row);
  Delivery delivery{wire::FromProto(record.status()), row.buyer, record.delivery_option()};
  for (const auto& dispatch : record.dispatches()) {
    delivery.dispatches.push_back(
        {UuidFromBytes(dispatch.request_id()), dispatch.fingerprint(), dispatch.shipment_id()});
  }
  for (const auto& one : record.refused()) {
    delivery.refused.push_back({one.sequence(), one.reason()});
  }
  return delivery;
}

postgres::HistoryEntry DeliveryCodec::EncodeChange(const Delivery*, const Delivery& after) {
  record::v1::DeliveryRecord record;
  *record.mutable_status() = wire::ToProto(after.status);
  return {after.status.trading_id, after.status.revision, after.status.update_time,
          record.SerializeAsString()};
}

WorkItem ReportItem(const Delivery& delivery) {
  v1::Report report;
  *report.mutable_delivery() = wire::ToProto(delivery.status);
  return {delivery.status.trading_id, kReportQueue.number, delivery.status.revision,
          absl::ZeroDuration(), report.SerializeAsString()};
}

}  // namespace tallystick::delivery
