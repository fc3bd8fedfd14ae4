#include "client-cli/remote/retry_budget.h"

#include "client-cli/remote/errors.h"
#include "platform/time/backoff.h"

namespace tallystick {
namespace {

// What is added to the server's word. It grows: a server that always says 0 is not called for ever.
constexpr BackoffPolicy kMore = {absl::Milliseconds(20), absl::Seconds(2)};

}  // namespace

std::optional<absl::Duration> RetryBudget::Next(const absl::Status& status) {
  const std::optional<absl::Duration> asked = RetryAfter(status);
  if (!asked) return std::nullopt;
  const absl::Duration wait = *asked + BackoffDelay(kMore, ++waits_);
  if (wait > left_) return std::nullopt;
  left_ -= wait;
  return wait;
}

}  // namespace tallystick
