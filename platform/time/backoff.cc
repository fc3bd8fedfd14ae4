#include "platform/time/backoff.h"

#include <algorithm>
#include <random>

namespace tallystick {

absl::Duration BackoffDelay(const BackoffPolicy& policy, int attempt) {
  thread_local std::minstd_rand random{std::random_device{}()};
  const int doublings = std::clamp(attempt - 1, 0, 30);
  const absl::Duration full = std::min(policy.cap, policy.first * (int64_t{1} << doublings));
  return full * std::uniform_real_distribution<double>(0.5, 1.0)(random);
}

}  // namespace tallystick
