#include "services/shopping/store/order_store.h"

#include <sodium.h>

#include "platform/postgres/array.h"
#include "platform/process/log.h"
#include "platform/wire/convert.h"
#include "tallystick/record/v1/order_record.pb.h"

namespace tallystick::shopping {
namespace {

using postgres::Query;

constexpr size_t kKeyBytes = 32;

constexpr Query kInsertKey{
    "trading_id_key_insert",
    "INSERT INTO trading_id_key (only_row, key) VALUES (true, $1::bytea) ON CONFLICT DO NOTHING"};
constexpr Query kListUnderBuyers{
    "trades_by_buyer_insert",
    "INSERT INTO trades_by_buyer (trading_id, buyer, order_time) "
    "SELECT trading_id, buyer, create_time FROM orders WHERE trading_id = ANY($1::uuid[]) "
    "ON CONFLICT DO NOTHING"};
constexpr Query kTradesOf{
    "trades_by_buyer_list",
    "SELECT trading_id, (extract(epoch FROM order_time) * 1000)::bigint FROM trades_by_buyer "
    "WHERE buyer = $1 AND (order_time, trading_id) < "
    "(to_timestamp($2::bigint / 1000.0), $3::uuid) "
    "ORDER BY order_time DESC, trading_id DESC LIMIT $4"};
constexpr Query kWithoutHistory{
    "orders_without_history",
    "SELECT trading_id, revision, document FROM orders o WHERE trading_id > $1 AND revision > 0 "
    "AND NOT EXISTS (SELECT 1 FROM history h WHERE h.trading_id = o.trading_id) "
    "ORDER BY trading_id LIMIT 500"};
constexpr Query kSelectKey{"trading_id_key_select", "SELECT key FROM trading_id_key"};

record::v1::OrderChange SumUp(std::span<const postgres::HistoryEntry> history) {
  record::v1::OrderChange sum;
  for (const postgres::HistoryEntry& entry : history) {
    record::v1::OrderChange change;
    if (entry.entry.empty() || !change.ParseFromString(entry.entry)) {
      throw postgres::Unreadable("an entry of the history of trade " + entry.trading_id.ToString());
    }
    sum.mutable_order()->Swap(change.mutable_order());
    if (change.has_payment()) sum.mutable_payment()->Swap(change.mutable_payment());
    if (change.has_delivery()) sum.mutable_delivery()->Swap(change.mutable_delivery());
  }
  return sum;
}

template <typename Protos, typename Instruction>
void ReadInstructions(const Protos& protos, const postgres::DocumentRow& row,
                      std::vector<Instruction>& to) {
  for (const auto& proto : protos) {
    absl::StatusOr<Instruction> instruction = wire::FromProto(proto);
    if (!instruction.ok()) {
      throw postgres::Unreadable("an instruction of trade " + row.trading_id.ToString());
    }
    to.push_back(*std::move(instruction));
  }
}

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
    for (const LineValue& line : value.lines) {
      auto* line_to = to->add_lines();
      line_to->set_sku(line.sku);
      line_to->set_quantity(line.quantity);
      line_to->set_minor_units(line.value);
      line_to->set_returned(line.returned);
    }
  }
  record.set_return_period_ms(absl::ToInt64Milliseconds(order.policy.return_period));
  record.set_net_period_ms(
      absl::ToInt64Milliseconds(PeriodOf(order.policy.periods, order.contents.terms)));
  for (const AppliedRequest& applied : order.applied_requests) {
    auto* to = record.add_applied_requests();
    to->set_request_id(std::string(applied.request_id.AsBytes()));
    to->set_fingerprint(applied.fingerprint);
    to->set_return_id(applied.return_id);
  }
  for (const int64_t reduction : order.return_reductions) {
    record.add_return_reductions(reduction);
  }
  record.set_cancellation_undone(order.cancellation_undone);
  record.set_payment_keepsake(order.payment_keepsake);
  record.set_delivery_keepsake(order.delivery_keepsake);
  for (const PaymentInstruction& instruction : order.unheard_payment) {
    *record.add_unheard_payment() = wire::ToProto(instruction);
  }
  for (const DeliveryInstruction& instruction : order.unheard_delivery) {
    *record.add_unheard_delivery() = wire::ToProto(instruction);
  }
  record.set_traceparent(order.traceparent);
  return {order.contents.trading_id, order.buyer, order.status.order.revision,
          record.SerializeAsString(), order.status.order.update_time};
}

Order OrderCodec::Decode(const postgres::DocumentRow& row) {
  const auto record = postgres::Parse<record::v1::OrderRecord>(row);
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
    ShipmentValue& to = order.shipment_values.emplace_back();
    to = {value.shipment_id(), value.minor_units(), value.captured(), value.written_off()};
    for (const auto& line : value.lines()) {
      to.lines.push_back({line.sku(), line.quantity(), line.minor_units(), line.returned()});
    }
  }
  // Orders from before these were written down were accepted under the defaults.
  if (record.return_period_ms() > 0 || record.has_net_period_ms()) {
    order.policy.return_period = absl::Milliseconds(record.return_period_ms());
    if (IsPlanned(order.contents.terms)) {
      order.policy.periods[order.contents.terms] = absl::Milliseconds(record.net_period_ms());
    }
  }
  for (const auto& applied : record.applied_requests()) {
    order.applied_requests.push_back(
        {UuidFromBytes(applied.request_id()), applied.fingerprint(), applied.return_id()});
  }
  for (const int64_t reduction : record.return_reductions()) {
    order.return_reductions.push_back(reduction);
  }
  order.cancellation_undone = record.cancellation_undone();
  order.payment_keepsake = record.payment_keepsake();
  order.delivery_keepsake = record.delivery_keepsake();
  ReadInstructions(record.unheard_payment(), row, order.unheard_payment);
  ReadInstructions(record.unheard_delivery(), row, order.unheard_delivery);
  order.traceparent = record.traceparent();
  return order;
}

postgres::HistoryEntry OrderCodec::EncodeChange(const Order* before, const Order& after) {
  record::v1::OrderChange change;
  const OrderStatus& order = after.status.order;
  *change.mutable_order() = wire::ToProto(order);
  const int64_t payment_before = before == nullptr ? 0 : before->status.order.payment_revision;
  const int64_t delivery_before = before == nullptr ? 0 : before->status.order.delivery_revision;
  if (after.status.payment && order.payment_revision != payment_before) {
    *change.mutable_payment() = wire::ToProto(*after.status.payment);
  }
  if (after.status.delivery && order.delivery_revision != delivery_before) {
    *change.mutable_delivery() = wire::ToProto(*after.status.delivery);
  }
  return {order.trading_id, order.revision, order.update_time, change.SerializeAsString()};
}

std::string ComposeOrder(std::span<const postgres::HistoryEntry> history) {
  record::v1::OrderChange sum = SumUp(history);
  record::v1::OrderRecord record;
  v1::TradingStatus* status = record.mutable_status();
  status->set_trading_id(sum.order().trading_id());
  status->mutable_order()->Swap(sum.mutable_order());
  if (sum.has_payment()) status->mutable_payment()->Swap(sum.mutable_payment());
  if (sum.has_delivery()) status->mutable_delivery()->Swap(sum.mutable_delivery());
  return record.SerializeAsString();
}

bool HasAllReports(std::span<const postgres::HistoryEntry> history) {
  const record::v1::OrderChange sum = SumUp(history);
  return sum.payment().revision() == sum.order().payment_revision() &&
         sum.delivery().revision() == sum.order().delivery_revision();
}

std::string MergeOrder(std::span<const postgres::HistoryEntry> history) {
  return SumUp(history).SerializeAsString();
}

void BeginHistory(postgres::Transaction& transaction) {
  Uuid after;
  while (true) {
    std::vector<postgres::HistoryEntry> beginnings;
    const pqxx::result rows = transaction.Exec(kWithoutHistory, after.ToString());
    if (rows.empty()) return;
    for (const auto& row : rows) {
      after = postgres::ReadUuid(row[0]);
      record::v1::OrderRecord record;
      if (!record.ParseFromString(postgres::ReadBytes(row[2]))) {
        // It is an error of its own trade, here too.
        log::Error("a trade gets no history: its order cannot be read",
                   {{"trading_id", after.ToString()}});
        continue;
      }
      record::v1::OrderChange change;
      v1::TradingStatus* status = record.mutable_status();
      change.mutable_order()->Swap(status->mutable_order());
      if (status->has_payment()) change.mutable_payment()->Swap(status->mutable_payment());
      if (status->has_delivery()) change.mutable_delivery()->Swap(status->mutable_delivery());
      beginnings.push_back({after, row[1].as<int64_t>(),
                            wire::TimeFrom(change.order().update_time()),
                            change.SerializeAsString()});
    }
    postgres::AppendHistory(transaction, beginnings);
  }
}

WorkItem InstructionItem(const Order& order, PaymentInstruction instruction) {
  instruction.traceparent = order.traceparent;
  WorkItem item{instruction.trading_id, kPaymentQueue.number, instruction.sequence,
                absl::ZeroDuration(), wire::ToProto(instruction).SerializeAsString()};
  item.shares_row = true;
  return item;
}

WorkItem InstructionItem(const Order& order, DeliveryInstruction instruction) {
  instruction.traceparent = order.traceparent;
  WorkItem item{instruction.trading_id, kDeliveryQueue.number, instruction.sequence,
                absl::ZeroDuration(), wire::ToProto(instruction).SerializeAsString()};
  item.shares_row = true;
  return item;
}

void AppendInstructions(const Change& change, std::vector<WorkItem>& work) {
  for (const PaymentInstruction& instruction : change.payment) {
    work.push_back(InstructionItem(change.order, instruction));
  }
  for (const DeliveryInstruction& instruction : change.delivery) {
    work.push_back(InstructionItem(change.order, instruction));
  }
}

WorkItem ListingItem(const Order& order) {
  WorkItem item{order.contents.trading_id, kBuyerListQueue.number, 1};
  item.shares_row = true;
  return item;
}

std::vector<WorkItem> InPlaceOf(std::span<const WorkItem> for_person) {
  std::vector<WorkItem> others;
  for (const WorkItem& item : for_person) {
    for (const int64_t number : {kReconcile, kFound, kSeeInStep}) {
      others.push_back({item.trading_id, kReconcileQueue.number, number});
    }
  }
  return others;
}

void ListUnderBuyers(postgres::Transaction& transaction, std::span<const Uuid> ids) {
  transaction.Exec(kListUnderBuyers,
                   postgres::UuidArray(ids, [](const Uuid& id) -> const Uuid& { return id; }));
}

std::vector<ListedTrade> TradesOf(postgres::Transaction& transaction, const std::string& buyer,
                                  const ListedTrade& after, int64_t limit) {
  std::vector<ListedTrade> trades;
  for (const auto& row :
       transaction.Exec(kTradesOf, buyer, after.order_millis, after.trading_id.ToString(), limit)) {
    trades.push_back({postgres::ReadUuid(row[0]), row[1].as<int64_t>()});
  }
  return trades;
}

absl::StatusOr<std::string> LoadTradingIdKey(const postgres::Database& database) {
  std::string fresh(kKeyBytes, '\0');
  randombytes_buf(fresh.data(), fresh.size());
  postgres::Session session({.database = database});
  return session.Run([&](postgres::Transaction& transaction) {
    transaction.Exec(kInsertKey, postgres::ToBytes(fresh));
    return postgres::ReadBytes(transaction.Exec(kSelectKey)[0][0]);
  });
}

}  // namespace tallystick::shopping
