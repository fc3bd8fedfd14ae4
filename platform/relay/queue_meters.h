// What is counted of one queue of due work.
#pragma once

#include <array>
#include <span>

#include "platform/metrics/metrics.h"
#include "platform/relay/work_verdict.h"

namespace tallystick {

struct QueueMeters {
  metrics::Histogram batch_size;
  metrics::Gauge in_memory;
  metrics::Counter pauses;
  metrics::Counter failed;  // items that were not dealt with
  std::array<metrics::Counter, WorkVerdict::kKinds> verdicts;

  // What a handler was given, and what it said of that.
  void Count(size_t given, const absl::StatusOr<std::vector<WorkVerdict>>& said) const;
};

QueueMeters QueueMetersOf(metrics::Metrics& metrics, absl::string_view queue);

}  // namespace tallystick
