// A line with its time, of what the harness is at.
#pragma once

#include <cstdio>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tallystick::faults {

inline void Say(const std::string& words) {
  std::printf("%s  %s\n", absl::FormatTime("%H:%M:%S", absl::Now(), absl::LocalTimeZone()).c_str(),
              words.c_str());
  std::fflush(stdout);
}

}  // namespace tallystick::faults
