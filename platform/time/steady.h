// The clock for waits, deadlines and leases: nobody sets it, so that a wall clock that jumps an
// hour ahead and back makes nothing late and nothing early. Times that people are told, and dates,
// are of the wall clock (clock.h).
#pragma once

#include <chrono>

#include "absl/time/time.h"

namespace tallystick {

using SteadyTime = std::chrono::steady_clock::time_point;

inline constexpr SteadyTime kNeverSteady = SteadyTime::max();

inline SteadyTime SteadyNow() { return std::chrono::steady_clock::now(); }

// What is too far ahead is kNeverSteady.
inline SteadyTime SteadyAfter(absl::Duration delay) {
  if (delay > absl::Hours(24 * 365 * 100)) return kNeverSteady;
  return SteadyNow() + absl::ToChronoNanoseconds(delay);
}

// How long until then; negative when it is over.
inline absl::Duration Until(SteadyTime time) {
  return time == kNeverSteady ? absl::InfiniteDuration() : absl::FromChrono(time - SteadyNow());
}

}  // namespace tallystick
