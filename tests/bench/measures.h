// What ./dev bench measures. Each adds its figures to the results, one value a round.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/pgbench.h"
#include "tests/bench/results.h"
#include "tests/bench/stack.h"

namespace tallystick::bench {

struct Scale {
  int rounds = 5;
  int orders = 5000;  // by single calls, a round
  int pgbench_seconds = 3;
  int buyers_orders = 100'000;  // in one ledger
};

struct Measure {
  const char* name;
  const char* what;
  void (*run)(BenchStack&, const Scale&, Results&);
  bool takes_long = false;  // runs only when it is asked for
};

// In the order in which they run.
extern const std::vector<Measure> kMeasures;

}  // namespace tallystick::bench
