// How long to wait before the next try: exponential, capped, with full jitter in its upper half.
#pragma once

#include "absl/time/time.h"

namespace tallystick {

struct BackoffPolicy {
  absl::Duration first = absl::Milliseconds(10);
  absl::Duration cap = absl::Seconds(5);
};

// `attempt` counts from 1. The result lies between half and all of min(cap, first × 2^(attempt−1)).
absl::Duration BackoffDelay(const BackoffPolicy& policy, int attempt);

// The same; `chance`, from 0 to 1, says where between.
absl::Duration BackoffDelay(const BackoffPolicy& policy, int attempt, double chance);

// Another number from 0 to 1 at each call.
double AnyChance();

}  // namespace tallystick
