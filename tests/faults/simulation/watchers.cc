#include "tests/faults/simulation/watchers.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::simulation {
namespace {

constexpr size_t kMostWatches = 6;
constexpr char kPromise[] = "a watch gives every revision that is kept, once and in order";

}  // namespace

void Watchers::Begin() {
  World& world = cluster_.world();
  world.time.After(world.dice.Between(absl::Seconds(4), absl::Seconds(15)), [this] {
    Tick();
    Begin();
  });
}

void Watchers::Tick() {
  World& world = cluster_.world();
  if (watches_.size() < kMostWatches && !buyer_.trades().empty() && world.faulty) {
    const auto last = static_cast<int64_t>(buyer_.trades().size()) - 1;
    const BuyersTrade& trade = buyer_.trades()[static_cast<size_t>(world.dice.Between(0, last))];
    Database& database = *cluster_.databases()[static_cast<size_t>(world.dice.Between(0, 2))];
    if (trade.information) watches_.push_back(std::make_shared<Watch>(Watch{database, trade.id()}));
  }
  for (const auto& watch : watches_) Ask(watch);
}

void Watchers::Ask(const std::shared_ptr<Watch>& watch) {
  v1::GetOrderStatusRequest question;
  question.set_trading_id(watch->trade.ToString());
  question.set_revision(watch->seen);
  const int64_t seen = watch->seen;
  cluster_.network().Call(cluster_.buyer(), cluster_.OneOf(watch->database), "Watch",
                          question.SerializeAsString(), absl::Seconds(2),
                          [this, watch, seen](const absl::StatusOr<std::string>& revisions) {
                            // What came after an earlier question is another stream's.
                            if (revisions.ok() && watch->seen == seen) Take(*watch, *revisions);
                          });
}

void Watchers::Take(Watch& watch, const std::string& revisions) {
  World& world = cluster_.world();
  for (const absl::string_view text : absl::StrSplit(revisions, ',', absl::SkipEmpty())) {
    int64_t revision = 0;
    (void)absl::SimpleAtoi(text, &revision);
    // What is left out is not there: it was trimmed, or is of what was lost.
    const auto& kept = watch.database.history[watch.trade];
    const auto next = kept.upper_bound(watch.seen);
    const bool skips = next != kept.end() && next->first < revision;
    if (revision <= watch.seen || skips) {
      world.Violate(kPromise,
                    absl::StrCat("of ", world.NameOf(watch.trade), " in ", watch.database.name(),
                                 " ", revision, " came after ", watch.seen));
    }
    if (revision != watch.seen + 1) world.Count(Happening::kWatchSkipped);
    watch.seen = revision;
  }
}

void Watchers::CheckEnd() {
  World& world = cluster_.world();
  for (const auto& watch : watches_) {
    const auto& kept = watch->database.history[watch->trade];
    if (kept.empty() || watch->seen >= kept.rbegin()->first) continue;
    world.Violate(kPromise, absl::StrCat("of ", world.NameOf(watch->trade), " in ",
                                         watch->database.name(), " ", kept.rbegin()->first,
                                         " never came; the last was ", watch->seen));
  }
}

}  // namespace tallystick::simulation
