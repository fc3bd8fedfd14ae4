// Orders that are placed to measure what that costs.
#pragma once

#include "tests/bench/cpu.h"
#include "tests/bench/load.h"
#include "tests/bench/stack.h"

namespace tallystick::bench {

inline constexpr int kOutstanding = 64;
inline constexpr int kBatch = 100;
inline constexpr int kBatchCalls = 4;  // at a time

// Throws if a call failed.
void DemandAll(const Load& load);

// By single calls, and by batches.
Load Place(BenchStack& stack, int count, int outstanding);
Load PlaceByBatches(BenchStack& stack, int count);

// What `work` costs until nothing is due any more.
template <typename Work>
CpuTimes CpuUntilQuiet(BenchStack& stack, Work work) {
  const CpuTimes before = stack.cpu();
  work();
  stack.WaitUntilQuiet();
  return stack.cpu() - before;
}

}  // namespace tallystick::bench
