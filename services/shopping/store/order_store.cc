#include "services/shopping/store/order_store.h"

#include <sodium.h>

#include "platform/postgres/array.h"
#include "platform/wire/convert.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

using postgres::Query;

constexpr size_t kKeyBytes = 32;

constexpr Query kInsertKey{
    "trading_id_key_insert",
    "INSERT INTO trading_id_key (only_row, key) VALUES (true, $1::bytea) ON CONFLICT DO NOTHING"};
constexpr Query kSelectKey{"trading_id_key_select", "SELECT key FROM trading_id_key"};

}  // namespace

postgres::DocumentRow OrderCodec::Encode(const Order& order) {
  record::v1::OrderRecord record;
  *record.mutable_contents() = wire::ToProto(order.contents);
  v1::TradingStatus* status = record.mutable_status();
  status->set_trading_id(order.contents.trading_id.ToString());
  *status->mutable_order() = wire::ToProto(order.status.order);
  if (order.status.payment) *status->mutable_payment() = wire::ToProto(*order.status.payment);
  if (order.status.delivery) *status->mutable_delivery() = wire::ToProto(*order.status.delivery);
  record.set_request_fingerprint(order.request_fingerprint);
  for (const ShipmentValue& value : order.shipment_values) {
    auto* to = record.add_shipment_values();
    to->set_shipment_id(value.shipment_id);
    to->set_minor_units(value.value);
    to->set_captured(value.captured);
    to->set_written_off(value.written_off);
  }
  return {order.contents.trading_id, order.buyer, order.status.order.revision,
          record.SerializeAsString(), order.status.order.update_time};
}

Order OrderCodec::Decode(const postgres::DocumentRow& row) {
  record::v1::OrderRecord record;
  record.ParseFromString(row.document);
  Order order;
  order.contents = wire::FromProto(record.contents());
  order.status.trading_id = row.trading_id;
  order.status.order = wire::FromProto(record.status().order());
  if (record.status().has_payment()) {
    order.status.payment = wire::FromProto(record.status().payment());
  }
  if (record.status().has_delivery()) {
    order.status.delivery = wire::FromProto(record.status().delivery());
  }
  order.buyer = row.buyer;
  order.request_fingerprint = record.request_fingerprint();
  for (const auto& value : record.shipment_values()) {
    order.shipment_values.push_back(
        {value.shipment_id(), value.minor_units(), value.captured(), value.written_off()});
  }
  return order;
}

void AppendInstructions(const Change& change, absl::Time now, std::vector<WorkItem>& work) {
  for (const PaymentInstruction& instruction : change.payment) {
    work.push_back({instruction.trading_id, kPaymentQueue, instruction.sequence, now, 0,
                    wire::ToProto(instruction).SerializeAsString()});
  }
  for (const DeliveryInstruction& instruction : change.delivery) {
    work.push_back({instruction.trading_id, kDeliveryQueue, instruction.sequence, now, 0,
                    wire::ToProto(instruction).SerializeAsString()});
  }
}

absl::StatusOr<std::string> LoadTradingIdKey(const std::string& database_url) {
  std::string fresh(kKeyBytes, '\0');
  randombytes_buf(fresh.data(), fresh.size());
  postgres::Session session({.database_url = database_url});
  return session.Run([&](postgres::Transaction& transaction) {
    transaction.Exec(kInsertKey, pqxx::binarystring(fresh.data(), fresh.size()));
    return postgres::ReadBytes(transaction.Exec(kSelectKey)[0][0]);
  });
}

}  // namespace tallystick::shopping
