#include "tests/faults/simulation/losses.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "services/shopping/store/order_store.h"
#include "tests/faults/simulation/checks.h"

namespace tallystick::simulation {

void Losses::Begin() {
  const Plan& plan = world_.plan;
  if (plan.loss == Plan::Loss::kNone) return;
  absl::Duration oldest;
  for (const Plan::Loser& loser : plan.losers) oldest = std::max(oldest, loser.older_by);
  const absl::Duration lost =
      world_.dice.Between(oldest + absl::Seconds(1), plan.duration - absl::Seconds(1));
  const absl::Duration down = world_.dice.Between(absl::Milliseconds(500), absl::Seconds(10));
  for (const Plan::Loser& loser : plan.losers) {
    world_.time.After(lost - loser.older_by, [this, loser, down] {
      const Database& database = *cluster_.databases()[loser.service];
      world_.Say("backup", {}, "of ", database.name());
      const auto older = std::make_shared<Tables>(database);
      world_.time.After(loser.older_by,
                        [this, loser, older, down] { Lose(loser, std::move(*older), down); });
    });
  }
  if (!plan.compared) return;
  world_.time.After(lost + down + world_.dice.Between(absl::Seconds(1), absl::Minutes(1)),
                    [this] { Compare(); });
}

void Losses::Lose(const Plan::Loser& loser, Tables older, absl::Duration down) {
  Database& database = *cluster_.databases()[loser.service];
  const bool restored = world_.plan.loss == Plan::Loss::kRestored;
  world_.Count(restored ? Happening::kRestored : Happening::kFailedOver);
  if (world_.lost_something) world_.Count(Happening::kTwoLost);
  world_.Say(database.name(), {}, restored ? "is restored" : "fails over",
             " and has lost the last ", absl::FormatDuration(loser.older_by));
  world_.lost_something = true;
  // Nobody restores a backup under servers that run; a standby takes over under them.
  for (Node& replica : cluster_.replicas()) {
    const bool its_own = absl::StartsWith(replica.name, database.name());
    if (its_own && (restored || world_.dice.OneIn(3))) cluster_.Kill(replica);
  }
  const Tables before = database;
  database.Restore(std::move(older), down);
  if (&database == &cluster_.payment()) cluster_.gateway().set_lost_time(world_.time.now());
  Mark(database, before);
}

void Losses::Mark(const Database& now, const Tables& before) {
  const bool shop = &now == &cluster_.shopping();
  const auto differs = [&](const Uuid& id) {
    const auto was = before.documents.find(id);
    const auto is = now.documents.find(id);
    if (was == before.documents.end()) return false;
    return is == now.documents.end() || was->second.document != is->second.document;
  };
  for (BuyersTrade& trade : buyer_.trades()) {
    if (shop) {
      trade.forgotten = true;
      for (BuyersRequest& request : trade.requests) request.lost = true;
    }
    for (const Uuid& sent_as : trade.sent_as) {
      const Uuid id = TradingIdFor(cluster_.orders().trading_id_key, kBuyer, sent_as);
      if (!differs(id) || trade.lost) continue;
      trade.lost = true;
      world_.Count(Happening::kTradeHit);
      world_.Say("somebody", id, "has lost some of it");
    }
  }
}

bool Losses::IsToCompare() const {
  return std::ranges::any_of(cluster_.databases(), [this](const Database* database) {
    return database->restored() && !cluster_.HasCompared(*database->restored());
  });
}

void Losses::Compare() {
  Database& orders = cluster_.shopping();
  if (orders.down()) return world_.time.After(absl::Seconds(5), [this] { Compare(); });
  world_.Say("office", {}, "has all trades compared");
  orders.InsertWork({shopping::CompareAllItem()}, absl::ZeroDuration(), absl::ZeroDuration());
}

}  // namespace tallystick::simulation
