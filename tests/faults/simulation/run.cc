#include "tests/faults/simulation/run.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/checks.h"
#include "tests/faults/simulation/cluster.h"
#include "tests/faults/simulation/damage.h"
#include "tests/faults/simulation/faults.h"
#include "tests/faults/simulation/losses.h"
#include "tests/faults/simulation/office.h"
#include "tests/faults/simulation/watchers.h"

namespace tallystick::simulation {
namespace {

// After the faults: from then on everything is through, or on somebody's list.
constexpr absl::Duration kBound = absl::Minutes(40);
// What people ask once more, because they forgot that they had an answer, they ask by then.
constexpr absl::Duration kLateQuestions = absl::Minutes(5);
constexpr absl::Duration kLook = absl::Seconds(5);
// Those who watch come by in that time.
constexpr absl::Duration kEverybodyHasSeen = absl::Minutes(1);
// Of a trace that somebody is to read.
constexpr std::ptrdiff_t kMostLines = 1000;
constexpr uint64_t kMostEvents = 3'000'000;

class Running {
 public:
  Running(const Plan& plan, bool traced)
      : world_(plan, traced),
        cluster_(world_),
        buyer_(cluster_),
        office_(cluster_, buyer_),
        faults_(cluster_, buyer_),
        losses_(cluster_, buyer_),
        watchers_(cluster_, buyer_) {}

  Outcome Run() {
    Play();
    return {world_.violation(),  Trace(),          world_.time.events(),
            world_.happenings(), world_.reasons(), world_.time.elapsed()};
  }

 private:
  // Of a broken promise, what is about the trade that it names, and about processes: how it began
  // and how it ended.
  std::string Trace() const {
    std::vector<absl::string_view> lines;
    for (const World::Line& line : world_.trace()) {
      if (!broken() || line.trade.IsNil() || IsAbout(line.trade)) lines.push_back(line.text);
    }
    if (broken() && std::ssize(lines) > 2 * kMostLines) {
      lines.erase(lines.begin() + kMostLines, lines.end() - kMostLines);
      lines.insert(lines.begin() + kMostLines, "…");
    }
    return absl::StrCat(absl::StrJoin(lines, "\n"), lines.empty() ? "" : "\n");
  }
  bool IsAbout(const Uuid& trade) const {
    const std::string& how = world_.violation()->how;
    if (!absl::StrContains(how, "order-")) return true;
    const std::string name = world_.NameOf(trade);
    const size_t at = how.find(name);
    return at != std::string::npos &&
           (at + name.size() == how.size() || !absl::ascii_isdigit(how[at + name.size()]));
  }

  bool broken() const { return world_.violation().has_value(); }

  void Play() {
    office_.Begin();
    watchers_.Begin();
    losses_.Begin();
    for (int wave = 0; wave < world_.plan.waves && !broken(); ++wave) PlayWave();
    if (broken()) return;
    office_.End();
    Pass(kEverybodyHasSeen);
    watchers_.CheckEnd();
    if (!broken() && world_.plan.damage != Plan::Damage::kNone) CheckDamage();
  }

  // Faults, and the quiet point after them.
  void PlayWave() {
    buyer_.Begin(world_.plan.orders);
    faults_.Begin();
    Pass(world_.plan.duration);
    if (broken()) return;
    faults_.End();
    if (!Settle()) return;
    Pass(kLateQuestions);
    if (broken() || !Settle() || !IsCompared()) return;
    if (world_.plan.diligent && !LetPeopleFinish()) return;
    world_.Say("run", {}, "is quiet");
    CheckQuiet(cluster_, buyer_, office_);
    if (!broken()) LookAtAll();
  }

  void Pass(absl::Duration length) {
    const SteadyTime end = world_.time.now() + absl::ToChronoNanoseconds(length);
    while (!broken() && world_.time.Step(end)) {
      if (world_.time.events() > kMostEvents) {
        world_.Violate("it comes to an end", "far too much happens");
      }
    }
    world_.time.PassUntil(end);
  }

  // Until all is quiet; false when it never is.
  bool Settle() {
    absl::Duration bound = kBound;
    for (const BuyersTrade& trade : buyer_.trades()) {
      // The date of a planned payment is what delivery's clock makes of it.
      if (IsPlanned(trade.request.terms)) bound = kBound + 2 * world_.plan.clocks_apart;
    }
    const SteadyTime end = world_.time.now() + absl::ToChronoNanoseconds(bound);
    while (!broken() && !IsQuiet(cluster_, buyer_)) {
      if (world_.time.now() >= end) {
        world_.Violate("when faults end, everything is through within a bound of time",
                       UnderWay(cluster_, buyer_));
      }
      Pass(kLook);
    }
    return !broken();
  }

  // Nobody has to ask for it.
  bool IsCompared() {
    if (losses_.IsToCompare()) {
      world_.Violate("a database that has lost something is noticed, and all trades are compared",
                     "none was compared with it");
    }
    return !broken();
  }

  // What waits for a person who deals with it comes to its end.
  bool LetPeopleFinish() {
    const SteadyTime end = world_.time.now() + absl::ToChronoNanoseconds(kBound);
    while (!broken() && !LeftByPeople(cluster_, buyer_).empty()) {
      if (world_.time.now() >= end) {
        world_.Violate("what people deal with comes to its end", LeftByPeople(cluster_, buyer_));
      }
      Pass(absl::Seconds(30));
      if (!Settle()) return false;
    }
    return !broken();
  }

  void LookAtAll() {
    for (BuyersTrade& trade : buyer_.trades()) {
      if (trade.lost && trade.information && IsAsAnswered(cluster_, trade)) {
        // They agree again, in another way than before: the ledger begins anew. (An order that was
        // sent again to a shop that had lost it was answered twice, and its buyer is warned.)
        trade.lost = false;
        trade.memory = {};
      }
      if (trade.information) buyer_.Look(trade, [](const std::vector<Warning>&) {});
    }
    Pass(absl::Seconds(10));
  }

  void CheckDamage() {
    BuyersTrade* whole = nullptr;
    for (BuyersTrade& trade : buyer_.trades()) {
      if (trade.information && !trade.damaged && IsWhole(cluster_, trade.id())) whole = &trade;
    }
    if (whole == nullptr) return;
    buyer_.Look(*whole, [](const std::vector<Warning>&) {});
    Pass(absl::Seconds(10));
    const std::string rule = DoDamage(cluster_, *whole, world_.plan.damage);
    if (rule.empty()) return;
    bool warned = false;
    // At the next look, or when a message would have come.
    for (int look = 0; look < 2; ++look) {
      buyer_.Look(*whole, [&](const std::vector<Warning>& warnings) {
        for (const Warning& warning : warnings) warned = warned || warning.rule == rule;
      });
      Pass(absl::Seconds(10));
      buyer_.LetTimePass(buyer_.settings().report_delay + absl::Minutes(1));
    }
    if (warned) world_.Count(Happening::kWarned);
    if (warned || broken()) return;
    world_.Violate("what nobody repairs is warned of by the rule that is made for it",
                   absl::StrCat(rule, " says nothing of ", world_.NameOf(whole->id())));
  }

  World world_;
  Cluster cluster_;
  Buyer buyer_;
  Office office_;
  Faults faults_;
  Losses losses_;
  Watchers watchers_;
};

}  // namespace

Outcome Run(const Plan& plan, bool traced) { return Running(plan, traced).Run(); }

std::string Report(const Plan& plan, const Violation& violation) {
  // The same again, with a trace: it is the same.
  const Outcome again = Run(plan, true);
  std::string text =
      absl::StrCat(again.trace, "\nseed ", plan.seed, " breaks a promise: ", violation.promise,
                   "\n  ", violation.how, "\nsee it again: tally-simulate --seed ", plan.seed);
  if (plan.defect != Defect::kNone) {
    for (const DefectRow& row : AllDefects()) {
      if (row.defect == plan.defect) absl::StrAppend(&text, " --defect ", row.name);
    }
  }
  if (!again.violation || again.violation->how != violation.how) {
    absl::StrAppend(&text, "\n(but it does not come again: the run is not its seed's alone)");
  }
  return text + "\n";
}

}  // namespace tallystick::simulation
