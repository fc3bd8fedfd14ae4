#include "platform/time/backoff.h"

#include <algorithm>
#include <random>

namespace tallystick {

double AnyChance() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0.0, 1.0)(random);
}

absl::Duration BackoffDelay(const BackoffPolicy& policy, int attempt) {
  return BackoffDelay(policy, attempt, AnyChance());
}

absl::Duration BackoffDelay(const BackoffPolicy& policy, int attempt, double chance) {
  const int doublings = std::clamp(attempt - 1, 0, 30);
  const absl::Duration full = std::min(policy.cap, policy.first * (int64_t{1} << doublings));
  return full * (0.5 + chance / 2);
}

}  // namespace tallystick
