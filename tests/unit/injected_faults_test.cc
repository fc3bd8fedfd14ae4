// For each rule, services that lie in just that way, in random histories at random moments: every
// injected fault is caught by its rule. Prints a table of what was injected, what was caught, and
// which other rules noticed too (./dev test -R injected -V).
#include <cstdio>
#include <map>
#include <set>

#include "tests/support/catch.h"
#include "tests/unit/injected_faults.h"

namespace tallystick::testing {
namespace {

constexpr int kWanted = 250;
constexpr uint32_t kMostSeeds = 60'000;

struct Row {
  int injected = 0;
  int caught = 0;
  std::map<std::string, int> others;
};

MatchSettings Patient() {
  MatchSettings settings;
  settings.report_delay = absl::Hours(24);
  return settings;
}

// One scene of a random history, seen at a random moment by a buyer whom all three answer.
std::optional<TradeView> RandomScene(History& history) {
  const int moments = history.Pick(5, 150);
  for (int i = 0; i < moments && history.Step(); ++i) {
  }
  TradeView view = Buyer(history).Ask(history);
  if (view.payment.get() == nullptr || view.delivery.get() == nullptr) return std::nullopt;
  return view;
}

TEST_CASE("every injected fault is caught by its rule") {
  std::vector<Fault> faults;
  for (const auto& group :
       {IdentityFaults(), MoneyFaults(), GoodsFaults(), DateFaults(), WordFaults()}) {
    faults.insert(faults.end(), group.begin(), group.end());
  }
  std::vector<Row> rows(faults.size());
  size_t open = faults.size();
  for (uint32_t seed = 1; seed <= kMostSeeds && open > 0; ++seed) {
    History history = History::Random(seed);
    const std::optional<TradeView> view = RandomScene(history);
    if (!view) continue;
    REQUIRE(Match(*view, Patient(), history.now()).empty());
    for (size_t i = 0; i < faults.size(); ++i) {
      if (rows[i].injected >= kWanted) continue;
      Scene scene{*view, history.now(), history};
      if (!faults[i].inject(scene)) continue;
      std::set<std::string> fired;
      for (const Warning& warning : Match(scene.view, Patient(), scene.now)) {
        REQUIRE_FALSE(warning.sentence.empty());
        REQUIRE_FALSE(warning.evidence.empty());
        fired.insert(warning.rule);
      }
      const bool caught = fired.erase(faults[i].rule) > 0;
      if (caught) ++rows[i].caught;
      for (const std::string& rule : fired) ++rows[i].others[rule];
      CAPTURE(seed, faults[i].rule, faults[i].what);
      CHECK(caught);
      if (++rows[i].injected == kWanted) --open;
    }
  }
  std::printf("%-10s %-55s %8s %6s  %s\n", "rule", "fault", "injected", "caught", "others");
  std::set<std::string> covered;
  for (size_t i = 0; i < faults.size(); ++i) {
    std::string others;
    for (const auto& [rule, times] : rows[i].others) {
      others += rule + " (" + std::to_string(times) + ") ";
    }
    std::printf("%-10s %-55s %8d %6d  %s\n", faults[i].rule, faults[i].what, rows[i].injected,
                rows[i].caught, others.c_str());
    covered.insert(faults[i].rule);
    CAPTURE(faults[i].rule, faults[i].what);
    REQUIRE(rows[i].injected >= 200);
    REQUIRE(rows[i].caught == rows[i].injected);
  }
  // Every rule of a trade has its fault; LIMIT-1 is about all trades together.
  REQUIRE(covered.size() == 30);
}

TEST_CASE("LIMIT-1 warns beyond the limit and only then") {
  std::minstd_rand random(1);
  for (int i = 0; i < 1000; ++i) {
    const auto owed = static_cast<int64_t>(random() % 1'000'000);
    const auto limit = static_cast<int64_t>(random() % 1'000'000);
    const auto warning = CheckLimit("USD", owed, limit);
    REQUIRE(warning.has_value() == (owed > limit));
    if (warning) REQUIRE(warning->rule == "LIMIT-1");
  }
}

}  // namespace
}  // namespace tallystick::testing
