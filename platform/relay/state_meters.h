// How many trades a process has brought into each state.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "platform/metrics/metrics.h"

namespace tallystick {

class StateMeters {
 public:
  StateMeters() = default;
  // `names`: of the states, by their numbers.
  StateMeters(metrics::Metrics& metrics, std::span<const std::string> names) {
    for (const std::string& name : names) {
      meters_.push_back(metrics.MakeCounter(metrics::kTrades, {name}));
    }
  }

  // A state that a newer server has written is not counted.
  void Count(std::span<const int> states) const {
    for (const int state : states) {
      if (state >= 0 && static_cast<size_t>(state) < meters_.size()) {
        meters_[static_cast<size_t>(state)].Add();
      }
    }
  }

 private:
  std::vector<metrics::Counter> meters_;
};

}  // namespace tallystick
