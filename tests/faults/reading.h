// What all parties hold when all is quiet, read from each of them.
#pragma once

#include "absl/time/time.h"
#include "tests/faults/buyers.h"
#include "tests/faults/market.h"
#include "tests/faults/records.h"

namespace tallystick::faults {

struct Reading {
  Records records;
  bool quiet = false;  // work was not still under way after `patience`
};

// Buyers first find out what became of all that they have no answer to. Call when their load and
// the market have stopped.
Reading ReadAll(Cluster& cluster, const Buyers& buyers, const Market& market,
                absl::Duration patience);

}  // namespace tallystick::faults
