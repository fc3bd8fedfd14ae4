// The clock as a value that can be replaced: workflows take one, the domain takes only times.
#pragma once

#include <functional>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tallystick {

using Clock = std::function<absl::Time()>;

// Whole milliseconds: what every stored time and the contents digest use.
inline absl::Time TruncateToMillis(absl::Time time) {
  return absl::FromUnixMillis(absl::ToUnixMillis(time));
}

inline absl::Time SystemNow() { return TruncateToMillis(absl::Now()); }

}  // namespace tallystick
