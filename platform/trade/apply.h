// How a receiver answers a numbered message, before it becomes Protobuf.
#pragma once

#include <string>

namespace tallystick {

enum class ApplyOutcome { kApplied, kAlreadyApplied, kNotYet, kRefused };

struct ApplyAnswer {
  ApplyOutcome outcome = ApplyOutcome::kApplied;
  std::string reason;  // for kRefused
};

}  // namespace tallystick
