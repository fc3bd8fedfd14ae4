#include "tests/faults/simulation/plan.h"

#include <algorithm>
#include <optional>

#include "tests/faults/simulation/chance.h"

namespace tallystick::simulation {

// Each kind of fault is in some runs and not in others: what one of them would hide, another run
// shows.
Plan PlanOf(uint64_t seed, Defect defect) {
  Dice dice(seed * 0x2545f4914f6cdd1d + 1);
  const auto often = [&](double most) { return dice.OneIn(2) ? dice.Fraction() * most : 0.0; };
  const auto some = [&](int64_t most) {
    return dice.OneIn(2) ? static_cast<int>(dice.Between(1, most)) : 0;
  };
  Plan plan;
  plan.seed = seed;
  plan.defect = defect;
  plan.orders = static_cast<int>(dice.Between(3, 10));
  plan.waves = dice.OneIn(4) ? 2 : 1;
  plan.rush = dice.OneIn(4);
  plan.stock = plan.rush ? dice.Between(4, 12) : dice.Between(4, 40);
  plan.prices_change = dice.OneIn(2);
  plan.by_hand = dice.OneIn(8);
  plan.diligent = plan.by_hand || dice.OneIn(2);
  plan.duration = dice.Between(absl::Minutes(2), absl::Minutes(6));

  plan.lost = often(0.2);
  plan.twice = often(0.2);
  plan.slow = often(0.05);
  plan.partitions = some(3);
  plan.silences = some(3);

  plan.crash_at_commit = often(0.03);
  plan.crashes = some(4);
  plan.stalls = some(4);
  plan.upgrade = dice.OneIn(4);
  plan.clocks_apart = dice.OneIn(3)   ? absl::Hours(1)
                      : dice.OneIn(2) ? absl::Minutes(2)
                                      : absl::ZeroDuration();

  plan.in_doubt = often(0.1);
  plan.outages = some(2);
  plan.database_crashes = some(3);
  plan.held_rows = some(2);
  plan.poison_rows = dice.OneIn(4) ? static_cast<int>(dice.Between(1, 3)) : 0;
  plan.poison_is_mended = dice.OneIn(2);
  plan.tampered = dice.OneIn(4);
  plan.overload = dice.OneIn(6);
  plan.trim = dice.OneIn(3);

  plan.unknown = often(0.4);
  plan.damage = static_cast<Plan::Damage>(dice.OneIn(2) ? dice.Between(1, 6) : 0);

  const std::optional<size_t> loser = LoserOf(defect);
  plan.from_old_version = plan.upgrade && dice.OneIn(2) && !loser;
  // An old version heals nothing.
  if (plan.from_old_version || (!dice.OneIn(3) && !loser)) return plan;
  plan.loss = dice.OneIn(2) ? Plan::Loss::kRestored : Plan::Loss::kFailedOver;
  const size_t first = loser ? *loser : static_cast<size_t>(dice.Between(0, 2));
  const auto lost = [&] {
    return plan.loss == Plan::Loss::kRestored
               ? dice.Between(absl::Seconds(2), plan.duration * 0.7)
               : dice.Between(absl::ZeroDuration(), absl::Seconds(2));
  };
  plan.losers.push_back({first, lost()});
  // (What is behind it, the hold would hide.)
  plan.held = loser ? defect == Defect::kNotHeld : !dice.OneIn(4);
  if (defect == Defect::kNotHeld || (!loser && plan.held && dice.OneIn(3))) {
    // From dumps that were made one after the other, or of whichever there was.
    const absl::Duration older_by =
        dice.OneIn(2)
            ? std::max(absl::ZeroDuration(),
                       plan.losers[0].older_by + dice.Between(-absl::Seconds(1), absl::Seconds(1)))
            : lost();
    plan.losers.push_back({(first + static_cast<size_t>(dice.Between(1, 2))) % 3, older_by});
  }
  // A clock that is wrong by more than the term of payment has captured what is not due by any
  // other. Of that, shop and payment that are both older than it know nothing, and nobody asks for
  // it.
  const auto is_payment = [](const Plan::Loser& loser) { return loser.service == 1; };
  if (!loser && plan.losers.size() > 1 && std::ranges::any_of(plan.losers, is_payment)) {
    plan.clocks_apart = std::min(plan.clocks_apart, absl::Minutes(2));
  }
  plan.compared = dice.OneIn(2);
  // Nobody could tell what of a trade was broken by whom.
  plan.poison_rows = 0;
  plan.tampered = false;
  plan.damage = Plan::Damage::kNone;
  return plan;
}

}  // namespace tallystick::simulation
