// What all parts of a run share: its time, its chance, its trace, and what was found wrong.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "platform/ids/uuid.h"
#include "tests/faults/simulation/chance.h"
#include "tests/faults/simulation/happenings.h"
#include "tests/faults/simulation/plan.h"
#include "tests/faults/simulation/timeline.h"

namespace tallystick::simulation {

// A promise that was broken.
struct Violation {
  std::string promise;
  std::string how;
};

class Process;

class World {
 public:
  // `traced`: what happens is written down, for people.
  World(const Plan& plan, bool traced) : plan(plan), dice(plan.seed), traced_(traced) {}
  ~World();
  World(const World&) = delete;

  const Plan plan;
  Timeline time;
  Dice dice;
  // Until the faults end: afterwards everything works and everybody lives.
  bool faulty = true;
  // A database has lost something: statuses go back, and forward by more than one.
  bool lost_something = false;
  // Trades whose buyers a person has told that what the shop had agreed to did not happen.
  std::set<Uuid> told_otherwise;

  bool Has(Defect defect) const { return plan.defect == defect; }
  // Only while there are faults.
  bool Happens(double probability) { return faulty && dice.Happens(probability); }

  void Count(Happening happening) { ++happenings_[static_cast<size_t>(happening)]; }
  const Happenings& happenings() const { return happenings_; }

  // The first one counts: the run ends with it.
  void Violate(std::string promise, std::string how) {
    if (!violation_) violation_ = {std::move(promise), std::move(how)};
  }
  const std::optional<Violation>& violation() const { return violation_; }

  // Why a trade waits for a person, in words that are the same for others like it.
  void GiveReason(const std::string& reason) { ++reasons_[reason]; }
  const std::map<std::string, uint64_t>& reasons() const { return reasons_; }

  // One line of the trace: who does what, about which trade (or none).
  template <typename... Parts>
  void Say(absl::string_view who, const Uuid& trade, const Parts&... parts) {
    if (traced_) Write(who, trade, absl::StrCat(parts...));
  }
  struct Line {
    Uuid trade;
    std::string text;
  };
  const std::deque<Line>& trace() const { return trace_; }
  // What a trade is called from now on, and what it is called.
  void Name(const Uuid& trade, std::string name) { names_.emplace(trade, std::move(name)); }
  std::string NameOf(const Uuid& trade) const;

  // Somebody waits until then for an answer about the order.
  void Wait(const Uuid& order, SteadyTime deadline) {
    SteadyTime& last = waited_for_[order];
    last = std::max(last, deadline);
  }
  bool IsWaitedFor(const Uuid& order) const {
    const auto found = waited_for_.find(order);
    return found == waited_for_.end() || time.now() < found->second;
  }

  // Every process that ever lived is kept until the end: what it has begun may still come back.
  void Keep(std::shared_ptr<Process> process) { processes_.push_back(std::move(process)); }

 private:
  void Write(absl::string_view who, const Uuid& trade, const std::string& what);

  const bool traced_;
  std::optional<Violation> violation_;
  Happenings happenings_{};
  std::map<std::string, uint64_t> reasons_;
  std::deque<Line> trace_;
  std::map<Uuid, std::string> names_;
  std::map<Uuid, SteadyTime> waited_for_;
  std::vector<std::shared_ptr<Process>> processes_;
};

}  // namespace tallystick::simulation
