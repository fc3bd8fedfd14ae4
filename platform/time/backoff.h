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

}  // namespace tallystick
