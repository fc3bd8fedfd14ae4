#include "tests/faults/simulation/damage.h"

#include "services/delivery/store/delivery_store.h"
#include "services/payment/store/payment_store.h"
#include "services/shopping/store/order_store.h"

namespace tallystick::simulation {
namespace {

template <typename Codec>
auto Load(Database& database, const Uuid& id) {
  return Codec::Decode(database.documents.at(id));
}

// Another state in the place of the one that is there; its history tells of it if it is a new one.
template <typename Codec, typename Aggregate>
void Store(Database& database, const Uuid& id, const Aggregate& value) {
  const postgres::DocumentRow row = Codec::Encode(value);
  database.documents[id] = row;
  database.history[id][row.revision] = Codec::EncodeChange(nullptr, value);
}

// Payment changes and tells nobody.
void GetAhead(Database& payments, const Uuid& id) {
  auto payment = Load<payment::PaymentCodec>(payments, id);
  ++payment.status.revision;
  Store<payment::PaymentCodec>(payments, id, payment);
}

// The shop says that it told payment something, and did not.
void SayUntold(Database& orders, const Uuid& id) {
  auto order = Load<shopping::OrderCodec>(orders, id);
  ++order.status.order.revision;
  ++order.status.order.payment_instructions;
  Store<shopping::OrderCodec>(orders, id, order);
}

// A backup of some time ago becomes the truth.
void RestorePayment(Database& payments, const Uuid& id) {
  auto payment = Load<payment::PaymentCodec>(payments, id);
  auto& history = payments.history[id];
  while (history.size() > 1 && history.rbegin()->first >= payment.status.revision) {
    history.erase(std::prev(history.end()));
  }
  postgres::DocumentRow row = payments.documents.at(id);
  row.document = history.rbegin()->second.entry;
  row.revision = history.rbegin()->first;
  payments.documents[id] = row;
}

void RestoreOrder(Database& orders, const Uuid& id) {
  auto order = Load<shopping::OrderCodec>(orders, id);
  --order.status.order.revision;
  orders.history[id].erase(order.status.order.revision + 1);
  orders.documents[id] = shopping::OrderCodec::Encode(order);
}

void SwapContents(Database& deliveries, const Uuid& id) {
  auto delivery = Load<delivery::DeliveryCodec>(deliveries, id);
  delivery.status.contents_digest = std::string(32, 'x');
  Store<delivery::DeliveryCodec>(deliveries, id, delivery);
}

}  // namespace

std::string DoDamage(Cluster& cluster, BuyersTrade& trade, Plan::Damage damage) {
  const Uuid& id = trade.id();
  trade.damaged = true;
  cluster.world().Say("somebody", id, "does damage ", static_cast<int>(damage));
  switch (damage) {
    case Plan::Damage::kAhead: GetAhead(cluster.payment(), id); return "WORD-1";
    case Plan::Damage::kUntold: SayUntold(cluster.shopping(), id); return "WORD-2";
    case Plan::Damage::kLost:
      cluster.payment().documents.erase(id);
      cluster.payment().history.erase(id);
      return "ID-3";
    case Plan::Damage::kRestored:
      if (cluster.payment().history[id].size() < 2) return "";
      RestorePayment(cluster.payment(), id);
      return "HISTORY-1";
    case Plan::Damage::kShopRestored: RestoreOrder(cluster.shopping(), id); return "HISTORY-1";
    case Plan::Damage::kOtherOrder: SwapContents(cluster.delivery(), id); return "ID-2";
    case Plan::Damage::kNone: break;
  }
  return "";
}

}  // namespace tallystick::simulation
