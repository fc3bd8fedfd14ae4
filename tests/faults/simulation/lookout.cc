#include "tests/faults/simulation/lookout.h"

#include <memory>
#include <utility>

#include "services/shopping/store/order_store.h"
#include "services/shopping/store/reconcile_progress.h"
#include "tallystick/v1/recovery.pb.h"

namespace tallystick::simulation {
namespace {

constexpr absl::Duration kInterval = absl::Seconds(5);
constexpr absl::Duration kSoon = absl::Milliseconds(500);
constexpr absl::Duration kPatience = absl::Seconds(4);

bool IsComparing(const Database& orders) {
  return orders.work.contains(
      {Uuid{}, shopping::kReconcileQueue.number, shopping::kCompareChanged});
}

// As ReadReconcileProgress: nothing of a comparison is unread.
bool IsAllRead(const Database& orders, SteadyTime soon) {
  for (const auto& [key, row] : orders.work) {
    const auto& [trade, queue, number] = key;
    const bool counts = number == shopping::kCompareAll || number == shopping::kCompareChanged ||
                        number == shopping::kFound;
    if (queue != shopping::kReconcileQueue.number || !counts) continue;
    if (row.attempts >= shopping::kTriedOften) continue;
    if (number == shopping::kCompareAll && row.due >= soon) continue;
    return false;
  }
  return true;
}

}  // namespace

Lookout::Lookout(Replica& shop, const Replica::Place& place, Database& orders)
    : shop_(shop), cluster_(place.cluster), node_(place.node), orders_(orders) {}

void Lookout::Begin() { Again(absl::ZeroDuration()); }

void Lookout::Again(absl::Duration in) {
  shop_.After(in, [this] { Look(); });
}

void Lookout::Look() {
  if (orders_.down()) return Again(kInterval);
  const auto now = std::make_shared<shopping::Databases>();
  now->emplace(shopping::kOwnDatabase, orders_.told());
  if (!orders_.known_databases.contains(shopping::kOwnDatabase)) return TakeNote(now);
  Ask(cluster_.payment(), now,
      [this, now] { Ask(cluster_.delivery(), now, [this, now] { TakeNote(now); }); });
}

// Whoever gives no answer is looked at the next time.
void Lookout::Ask(Database& other, const std::shared_ptr<shopping::Databases>& now,
                  std::function<void()> then) {
  v1::ListPositionsRequest request;
  request.set_after_trading_id("ffffffff-ffff-ffff-ffff-ffffffffffff");
  request.set_compared_database(shopping::ComparedWith(orders_.known_databases, other.name()));
  cluster_.network().Call(node_, cluster_.OneOf(other), "ListPositions",
                          request.SerializeAsString(), kPatience,
                          [&other, now, then](const absl::StatusOr<std::string>& bytes) {
                            v1::ListPositionsResponse response;
                            if (bytes.ok() && response.ParseFromString(*bytes)) {
                              now->emplace(other.name(), response.database());
                            }
                            then();
                          });
}

void Lookout::TakeNote(const std::shared_ptr<shopping::Databases>& now) {
  if (shopping::AreCompared(orders_.known_databases, *now)) return Again(kInterval);
  const auto begin = [this, now](Transaction& transaction) -> Session::Save {
    if (IsComparing(orders_)) return [] {};
    const SteadyTime soon = shop_.now() + absl::ToChronoNanoseconds(absl::Seconds(20));
    const auto looked = std::make_shared<shopping::Looked>(
        shopping::LookAt(orders_.known_databases, *now, IsAllRead(orders_, soon)));
    return [this, looked, &writes = transaction.writes] {
      for (const auto& [service, known] : looked->put) orders_.known_databases[service] = known;
      if (looked->compare) writes.work = {shopping::CompareChangedItem()};
    };
  };
  shop_.Commit("looking at databases", begin, [this](const absl::Status&) { Again(kSoon); });
}

}  // namespace tallystick::simulation
