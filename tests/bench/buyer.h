// The buyer's command line client, as a process whose time and memory are measured.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/stack.h"

namespace tallystick::bench {

struct BuyerRun {
  double seconds = 0;
  double cpu_seconds = 0;
  int64_t peak_bytes = 0;
};

// Throws std::runtime_error with what it says if it does not end with 0.
BuyerRun RunTally(BenchStack& stack, const std::string& ledger,
                  const std::vector<std::string>& arguments);

// A new ledger of `count` orders, placed by `tally order --from`. Gives its path.
std::string LedgerOfOrders(BenchStack& stack, int count);

}  // namespace tallystick::bench
