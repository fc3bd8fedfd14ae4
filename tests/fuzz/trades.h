// Trades to begin with, as the tests make them.
#pragma once

#include <vector>

#include "tests/support/histories.h"

namespace tallystick::fuzz {

// One time for all of a process: a finding must be found again.
inline const absl::Time kNow = absl::FromUnixSeconds(1'800'100'000);

// From those that were just placed to those that have come to their ends. Few, because each script
// begins with all of them.
inline const std::vector<testing::History>& Histories() {
  static const std::vector<testing::History> histories = [] {
    std::vector<testing::History> made;
    for (uint32_t seed = 1; seed <= 16; ++seed) {
      made.push_back(testing::History::Random(seed));
      const uint32_t steps = seed % 2 == 0 ? seed : 15 * seed;
      for (uint32_t step = 0; step < steps && made.back().Step(); ++step) {
      }
    }
    return made;
  }();
  return histories;
}

}  // namespace tallystick::fuzz
