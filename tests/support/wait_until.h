// Waiting for a condition that other threads or processes bring about, with a bound.
#pragma once

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tallystick::testing {

// False when `condition` did not become true in time.
inline bool WaitUntil(const std::function<bool()>& condition,
                      absl::Duration limit = absl::Seconds(60)) {
  const absl::Time end = absl::Now() + limit;
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

}  // namespace tallystick::testing
