// The baseline of orders: PostgreSQL alone. pgbench writes an order's document, its history and its
// audit with a transaction each, prepared, on the cluster that the servers use.
#pragma once

#include "tests/bench/stack.h"

namespace tallystick::bench {

struct PgbenchRun {
  double per_second = 0;
  double p50 = 0;  // seconds
  double client_cpu = 0;
  double postgres_cpu = 0;
  int64_t transactions = 0;

  double cpu_each() const {
    return (client_cpu + postgres_cpu) / static_cast<double>(transactions);
  }
};

class Pgbench {
 public:
  // Makes a database of its own, if that is not there.
  explicit Pgbench(BenchStack& stack);

  PgbenchRun Run(int clients, int seconds) const;

 private:
  BenchStack& stack_;
};

}  // namespace tallystick::bench
