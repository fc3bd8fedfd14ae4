// Waiting for a server that says when it will take the same call: RESOURCE_EXHAUSTED with
// `retry_after_ms`.
#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tallystick {

// How long all the waits of one operation may take together, unless the buyer says otherwise.
inline constexpr absl::Duration kRetryBudget = absl::Minutes(1);

// Of one operation, however many calls it takes: no server may hold a command for longer. Not
// thread-safe.
class RetryBudget {
 public:
  explicit RetryBudget(absl::Duration budget) : left_(budget) {}

  // How long to wait now: what the server says and a little more, so that those who were refused
  // together do not come back together. nullopt when it does not say, or says more than is left.
  std::optional<absl::Duration> Next(const absl::Status& status);

 private:
  absl::Duration left_;
  int waits_ = 0;
};

}  // namespace tallystick
