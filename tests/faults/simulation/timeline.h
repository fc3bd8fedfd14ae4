// The time of a run and everything that is going to happen in it. One thing happens at a time;
// between two of them no time passes for the machine and as much as is wanted for the run.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "platform/time/steady.h"

namespace tallystick::simulation {

using Action = absl::AnyInvocable<void()>;

class Timeline {
 public:
  SteadyTime now() const { return now_; }
  // The true time, which no clock of the run needs to show.
  absl::Time TrueTime() const { return kBegin + absl::FromChrono(now_.time_since_epoch()); }
  SteadyTime SteadyAt(absl::Time time) const {
    return SteadyTime(absl::ToChronoNanoseconds(time - kBegin));
  }
  absl::Duration elapsed() const { return absl::FromChrono(now_.time_since_epoch()); }
  uint64_t events() const { return events_; }

  void At(SteadyTime time, Action action) {
    heap_.push_back({std::max(time, now_), next_++, std::move(action)});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  void After(absl::Duration delay, Action action) {
    At(now_ + absl::ToChronoNanoseconds(delay), std::move(action));
  }

  // What comes next happens; false, when nothing does until `end`.
  bool Step(SteadyTime end) {
    if (heap_.empty() || heap_.front().time > end) return false;
    std::pop_heap(heap_.begin(), heap_.end(), Later);
    Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = event.time;
    ++events_;
    event.action();
    return true;
  }
  // Time passes without anything that happens.
  void PassUntil(SteadyTime time) { now_ = std::max(now_, time); }

 private:
  static constexpr absl::Time kBegin = absl::FromUnixSeconds(1'800'000'000);

  struct Event {
    SteadyTime time;
    uint64_t number;  // of two at the same time, the one that was planned first comes first
    Action action;
  };
  static bool Later(const Event& a, const Event& b) {
    return a.time != b.time ? a.time > b.time : a.number > b.number;
  }

  SteadyTime now_{};
  uint64_t next_ = 0;
  uint64_t events_ = 0;
  std::vector<Event> heap_;
};

}  // namespace tallystick::simulation
