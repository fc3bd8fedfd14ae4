// One run of one seed: faults for a while, then peace, and what must hold then.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "tests/faults/simulation/plan.h"
#include "tests/faults/simulation/world.h"

namespace tallystick::simulation {

struct Outcome {
  std::optional<Violation> violation;
  // If it was asked for: all of it, or what is about the trade that breaks a promise.
  std::string trace;
  uint64_t events = 0;
  Happenings happenings{};
  std::map<std::string, uint64_t> reasons;  // see World
  absl::Duration duration;                  // in its own time
};

Outcome Run(const Plan& plan, bool traced = false);

// The seed, the promise, the end of the trace, and how to see it again.
std::string Report(const Plan& plan, const Violation& violation);

}  // namespace tallystick::simulation
