// A database loses what was durable: a backup takes its place, or a standby that had not got
// everything. What the others know of it stays.
#pragma once

#include <memory>
#include <string>

#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/cluster.h"

namespace tallystick::simulation {

class Losses {
 public:
  Losses(Cluster& cluster, Buyer& buyer)
      : cluster_(cluster), buyer_(buyer), world_(cluster.world()) {}

  // At some time of these faults, if the plan says so.
  void Begin();

  // Something was lost, and all trades were not compared since.
  bool IsToCompare() const;
  // Somebody asks for it.
  void Compare();

 private:
  void Lose(const Plan::Loser& loser, Tables older, absl::Duration down);
  // What became another one, or none.
  void Mark(const Database& now, const Tables& before);

  Cluster& cluster_;
  Buyer& buyer_;
  World& world_;
};

}  // namespace tallystick::simulation
