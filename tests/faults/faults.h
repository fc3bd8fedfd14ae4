// The faults: what each one does to the installation, and how it ends.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/faults/cluster.h"
#include "tests/faults/orders.h"

namespace tallystick::faults {

// Where a fault happens.
struct Stage {
  Cluster& cluster;
  Random& random;
  absl::Duration hold;  // about how long it should last
};

struct Fault {
  std::string name;
  std::string what;
  int seconds = 0;        // in a long run
  int short_seconds = 0;  // in a short one; 0: not in it
  // Does it, undoes it, and gives how many times it struck. What it started or stopped is as before
  // when it comes back.
  std::function<int(Stage&)> strike;
  // Why it cannot be had here; empty when it can.
  std::function<std::string(Cluster&)> missing = [](Cluster&) { return std::string(); };
  // It loses what was committed by its nature: it gets a run of its own, and what the audit then
  // finds is told and not held against the servers.
  bool loses = false;
};

// In the order in which they are run.
std::vector<Fault> AllFaults();

// By what they befall.
std::vector<Fault> ProcessFaults();
std::vector<Fault> NetworkFaults();
std::vector<Fault> DatabaseFaults();
std::vector<Fault> RowFaults();
// Several at a time.
Fault Together();

// One of them.
template <typename T>
const T& OneOf(Random& random, const std::vector<T>& all) {
  return all[static_cast<size_t>(Pick(random, static_cast<int>(all.size())))];
}

}  // namespace tallystick::faults
