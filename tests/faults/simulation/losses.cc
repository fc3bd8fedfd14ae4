#include "tests/faults/simulation/losses.h"

#include <utility>

#include "absl/strings/match.h"
#include "services/shopping/store/order_store.h"
#include "tests/faults/simulation/checks.h"

namespace tallystick::simulation {

void Losses::Begin() {
  const Plan& plan = world_.plan;
  if (plan.loss == Plan::Loss::kNone) return;
  const absl::Duration backup =
      world_.dice.Between(absl::Seconds(1), plan.duration - plan.older_by - absl::Seconds(1));
  world_.time.After(backup, [this] {
    Database& database = *cluster_.databases()[world_.plan.loser];
    world_.Say("backup", {}, "of ", database.name());
    const auto older = std::make_shared<Tables>(database);
    world_.time.After(world_.plan.older_by, [this, older] { Lose(std::move(*older)); });
  });
}

void Losses::Lose(Tables older) {
  Database& database = *cluster_.databases()[world_.plan.loser];
  const bool restored = world_.plan.loss == Plan::Loss::kRestored;
  world_.Count(restored ? Happening::kRestored : Happening::kFailedOver);
  world_.Say(database.name(), {}, restored ? "is restored" : "fails over",
             " and has lost the last ", absl::FormatDuration(world_.plan.older_by));
  world_.lost_something = true;
  // Nobody restores a backup under servers that run; a standby takes over under them.
  for (Node& replica : cluster_.replicas()) {
    const bool its_own = absl::StartsWith(replica.name, database.name());
    if (its_own && (restored || world_.dice.OneIn(3))) cluster_.Kill(replica);
  }
  const Tables before = database;
  const absl::Duration down = world_.dice.Between(absl::Milliseconds(500), absl::Seconds(10));
  database.Restore(std::move(older), down);
  if (&database == &cluster_.payment()) cluster_.gateway().set_lost_time(world_.time.now());
  Mark(before);
  if (!world_.plan.compared) return;
  world_.time.After(down + world_.dice.Between(absl::Seconds(1), absl::Minutes(1)),
                    [this] { Compare(); });
}

bool Losses::Differs(const Tables& before, const Uuid& id) const {
  const Database& now = *cluster_.databases()[world_.plan.loser];
  const auto was = before.documents.find(id);
  const auto is = now.documents.find(id);
  if (was == before.documents.end()) return false;
  return is == now.documents.end() || was->second.document != is->second.document;
}

void Losses::Mark(const Tables& before) {
  const bool shop = world_.plan.loser == 0;
  for (BuyersTrade& trade : buyer_.trades()) {
    trade.forgotten = shop;
    for (BuyersRequest& request : trade.requests) request.lost = shop;
    for (const Uuid& sent_as : trade.sent_as) {
      const Uuid id = TradingIdFor(cluster_.orders().trading_id_key, kBuyer, sent_as);
      if (!Differs(before, id)) continue;
      trade.lost = true;
      world_.Count(Happening::kTradeHit);
      world_.Say("somebody", id, "has lost some of it");
    }
  }
}

bool Losses::IsToCompare() const {
  const auto restored = cluster_.databases()[world_.plan.loser]->restored();
  return restored && !cluster_.HasCompared(*restored);
}

void Losses::Compare() {
  Database& orders = cluster_.shopping();
  if (orders.down()) return world_.time.After(absl::Seconds(5), [this] { Compare(); });
  world_.Say("office", {}, "has all trades compared");
  orders.InsertWork({shopping::CompareAllItem()}, absl::ZeroDuration(), absl::ZeroDuration());
}

void Losses::CountHealed() {
  for (const BuyersTrade& trade : buyer_.trades()) {
    if (trade.lost && trade.information && IsWhole(cluster_, trade.id()) &&
        IsInStep(cluster_, trade.id())) {
      world_.Count(Happening::kHealedByItself);
    }
  }
}

}  // namespace tallystick::simulation
