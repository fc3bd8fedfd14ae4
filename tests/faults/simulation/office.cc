#include "tests/faults/simulation/office.h"

#include <optional>

#include "absl/strings/match.h"
#include "services/delivery/store/delivery_store.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/gateway_rules.h"
#include "services/shopping/store/order_store.h"
#include "tests/faults/simulation/delivery_replica.h"
#include "tests/faults/simulation/payment_replica.h"

namespace tallystick::simulation {
namespace {

constexpr int kMostRetries = 10;  // of one trade

// Null when it cannot be read, or is no trade.
template <typename Codec>
auto Read(const Database& database, const Uuid& id)
    -> std::optional<decltype(Codec::Decode(postgres::DocumentRow()))> {
  const auto found = database.documents.find(id);
  if (found == database.documents.end() || found->second.revision == 0) return std::nullopt;
  try {
    return Codec::Decode(found->second);
  } catch (const postgres::Unreadable&) {
    return std::nullopt;
  }
}

bool HasMarker(const delivery::Delivery& delivery, const char* marker) {
  for (const std::string& line : delivery.status.ship_to.lines) {
    if (line == marker) return true;
  }
  return false;
}

}  // namespace

Office::Office(Cluster& cluster, const Buyer& buyer)
    : cluster_(cluster), buyer_(buyer), world_(cluster.world()) {
  for (const auto& [sku, product] : cluster.shopping().products) owned_[sku] = product.stock;
  retention_ = world_.dice.Between(absl::Seconds(10), absl::Minutes(2));
}

void Office::Begin() {
  world_.time.After(world_.dice.Between(absl::Seconds(10), absl::Seconds(40)), [this] {
    if (over_) return;
    Visit();
    Begin();
  });
}

void Office::Visit() {
  if (world_.plan.prices_change && world_.dice.OneIn(2)) ChangePrices();
  if (world_.dice.OneIn(4)) AddStock();
  if (world_.plan.diligent) {
    for (Database* database : cluster_.databases()) {
      if (!database->down()) RetryParked(*database);
    }
    DealWithPayments();
    if (world_.plan.by_hand) DealWithDeliveries();
  }
  if (world_.faulty && world_.dice.OneIn(4)) RecordSomething();
  if (world_.plan.trim) {
    Trim(cluster_.shopping(), 0);
    Trim(cluster_.payment(), payment::kReportQueue.number);
    Trim(cluster_.delivery(), delivery::kReportQueue.number);
  }
}

void Office::ChangePrices() {
  for (auto& [sku, product] : cluster_.shopping().products) {
    product.unit_price = world_.dice.Between(1, 5000);
  }
  world_.Say("office", {}, "changes the prices");
}

void Office::AddStock() {
  auto& products = cluster_.shopping().products;
  auto at = products.begin();
  std::advance(at, world_.dice.Between(0, static_cast<int64_t>(products.size()) - 1));
  const int64_t delta = world_.dice.Between(1, 10);
  at->second.stock += delta;
  owned_[at->first] += delta;
  world_.Say("office", {}, "adds ", delta, " ", at->first);
}

void Office::RetryParked(Database& database) {
  for (const WorkItem& item : database.ListWaiting()) {
    // What was refused for good would be so again.
    if (item.attempts != kParkedAttempts || IsTired(item.trading_id)) continue;
    // The steps of people wait for them, whether or not they are tried again.
    const bool own_step =
        (&database == &cluster_.payment() && item.queue == payment::kGatewayQueue.number) ||
        (&database == &cluster_.delivery() && item.queue == delivery::kCarrierQueue.number);
    if (world_.plan.by_hand && own_step) continue;
    world_.Say("office", item.trading_id, "has ", database.name(), " try again: ", item.reason);
    database.RetryWork(item.trading_id);
    if (absl::StrContains(item.reason, "the buyer was told")) {
      world_.told_otherwise.insert(item.trading_id);
    }
  }
}

// While there are faults, one tries again and again; then what does not work will not work.
bool Office::IsTired(const Uuid& trade) {
  return !world_.faulty && ++retried_[trade] > kMostRetries;
}

void Office::DealWithPayments() {
  Database& database = cluster_.payment();
  if (database.down()) return;
  for (const WorkItem& item : database.ListWaiting()) {
    if (item.queue != payment::kGatewayQueue.number) continue;
    const auto found = Read<payment::PaymentCodec>(database, item.trading_id);
    if (!found) continue;
    if (!payment::DescribeWaiting(&*found, item, world_.time.TrueTime())) {
      database.DeleteWork({item});
      continue;
    }
    DealWithPayment(item, *found);
  }
}

void Office::DealWithPayment(const WorkItem& item, const payment::Payment& payment) {
  const auto number = static_cast<int32_t>(item.number);
  const PaymentTransaction* transaction = payment::FindTransaction(payment, number);
  Node* node = cluster_.LivingOneOf(cluster_.payment());
  if (transaction == nullptr || node == nullptr) return;
  payment::ByHand by_hand{item.trading_id, number, std::nullopt, "office"};
  if (const auto request = payment::RequestFor(payment, number)) {
    if (!world_.plan.by_hand) return;  // the gateway is asked about it
    payment::SandboxGateway sandbox;
    if (cluster_.gateway().Find(request->reference) == nullptr) {
      cluster_.gateway().Record(*request, sandbox.Ask(*request));
    }
    by_hand.outcome = payment::ToOutcome(cluster_.gateway().Find(request->reference)->answer);
  } else if (IsTired(item.trading_id)) {
    return;
  }
  world_.Say("office", item.trading_id, by_hand.outcome ? "records" : "retries", " transaction ",
             number);
  static_cast<PaymentReplica&>(*node->life).Record(by_hand);
}

void Office::DealWithDeliveries() {
  Database& database = cluster_.delivery();
  if (database.down()) return;
  for (const auto& [id, row] : database.documents) {
    const auto found = Read<delivery::DeliveryCodec>(database, id);
    if (found) DealWithDelivery(*found);
  }
}

void Office::DealWithDelivery(const delivery::Delivery& delivery) {
  const DeliveryStatus& status = delivery.status;
  if (status.booking == BookingState::kPending && status.state != DeliveryState::kCanceled) {
    const bool refused = HasMarker(delivery, "SANDBOX-REFUSE");
    Record({status.trading_id, delivery::BookingByHand{{!refused, refused ? "not there" : "", {}}},
            "office"});
    return;
  }
  for (const Shipment& shipment : status.shipments) {
    delivery::Progress progress{ShipmentState::kDelivered, "Van", "1", ""};
    if (shipment.state == ShipmentState::kPreparing) {
      delivery::Dispatch dispatch{
          world_.dice.RequestId(world_.time.TrueTime()), shipment.shipment_id, {}, "Van", "1"};
      Record({status.trading_id, dispatch, "office"});
      return;
    }
    if (shipment.state != ShipmentState::kInTransit &&
        shipment.state != ShipmentState::kOutForDelivery) {
      continue;
    }
    if (HasMarker(delivery, "SANDBOX-LOSE")) {
      progress.state = ShipmentState::kFailed;
      progress.reason = "lost on the way";
    }
    Record({status.trading_id, delivery::ShipmentByHand{shipment.shipment_id, progress}, "office"});
    return;
  }
  for (const Return& goods_return : status.returns) {
    if (!IsUnderWay(goods_return)) continue;
    const bool kept = HasMarker(delivery, "SANDBOX-KEEP");
    Record({status.trading_id,
            delivery::ReturnByHand{
                goods_return.return_id,
                {kept ? ReturnState::kRejected : ReturnState::kReceived, kept ? "used" : ""}},
            "office"});
    return;
  }
}

void Office::RecordSomething() {
  const auto& documents = cluster_.delivery().documents;
  if (documents.empty() || cluster_.delivery().down()) return;
  auto at = documents.begin();
  std::advance(at, world_.dice.Between(0, static_cast<int64_t>(documents.size()) - 1));
  const auto found = Read<delivery::DeliveryCodec>(cluster_.delivery(), at->first);
  if (!found || found->status.shipments.empty()) return;
  const Shipment& shipment = world_.dice.Of(found->status.shipments);
  if (shipment.state == ShipmentState::kPreparing) {
    delivery::Dispatch dispatch{
        world_.dice.RequestId(world_.time.TrueTime()), shipment.shipment_id, {}, "Van", "2"};
    for (const GoodsQuantity& goods : shipment.lines) {
      const int64_t some = world_.dice.Between(0, goods.quantity);
      if (some > 0) dispatch.lines.push_back({goods.sku, some});
    }
    if (!dispatch.lines.empty()) Record({at->first, dispatch, "office"});
  } else if (IsDispatched(shipment) && !HasEnded(shipment)) {
    const auto state = world_.dice.OneIn(4) ? ShipmentState::kFailed : ShipmentState::kDelivered;
    Record({at->first,
            delivery::ShipmentByHand{shipment.shipment_id, {state, "Van", "1", "damaged"}},
            "office"});
  }
}

void Office::Record(const delivery::ByHand& by_hand) {
  Node* node = cluster_.LivingOneOf(cluster_.delivery());
  if (node == nullptr) return;
  world_.Count(Happening::kByHand);
  world_.Say("office", by_hand.trading_id, "records: ", delivery::RpcOf(by_hand));
  static_cast<DeliveryReplica&>(*node->life).Record(by_hand);
}

// As platform/history/trimmer.cc: of the revisions that a later one replaced long ago, the last
// stays and takes up what the earlier ones told; all of them stay while a report waits. Retention
// is far longer than anybody looks at a trade: while the buyer does, it is left alone. It is
// also longer than backups are old that are restored.
void Office::Trim(Database& database, int16_t report_queue) {
  if (database.down()) return;
  absl::Duration oldest_backup;
  for (const Plan::Loser& loser : world_.plan.losers) {
    oldest_backup = std::max(oldest_backup, loser.older_by);
  }
  const absl::Time cutoff = world_.time.TrueTime() - retention_ - oldest_backup;
  for (auto& [id, entries] : database.history) {
    if (buyer_.IsLookingAt(id)) continue;
    auto last = entries.end();
    for (auto at = entries.begin(); at != entries.end() && at->second.change_time < cutoff; ++at) {
      last = at;
    }
    if (last == entries.end() || last == entries.begin()) continue;
    const bool unreported =
        report_queue != 0 && !database.NumbersOf(report_queue, {&id, 1}).empty();
    if (unreported && !world_.Has(Defect::kTrimmedUnreported)) continue;
    if (report_queue == 0) {
      std::vector<postgres::HistoryEntry> past;
      for (auto at = entries.begin(); at != std::next(last); ++at) past.push_back(at->second);
      if (!shopping::HasAllReports(past)) continue;
      last->second.entry = shopping::MergeOrder(past);
    }
    world_.Say("office", id, "forgets what ", database.name(), " was before revision ",
               last->first);
    world_.Count(Happening::kTrimmed);
    entries.erase(entries.begin(), last);
  }
}

}  // namespace tallystick::simulation
