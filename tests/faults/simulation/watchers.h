// Those who follow trades: each revision once and in order, whoever answers, whatever is trimmed.
#pragma once

#include <memory>
#include <vector>

#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/cluster.h"

namespace tallystick::simulation {

class Watchers {
 public:
  Watchers(Cluster& cluster, Buyer& buyer) : cluster_(cluster), buyer_(buyer) {}

  void Begin();
  // Everybody has seen the last revision.
  void CheckEnd();

 private:
  struct Watch {
    Database& database;
    Uuid trade;
    int64_t seen = 0;
  };

  void Tick();
  void Ask(const std::shared_ptr<Watch>& watch);
  void Take(Watch& watch, const std::string& revisions);

  Cluster& cluster_;
  Buyer& buyer_;
  std::vector<std::shared_ptr<Watch>> watches_;
};

}  // namespace tallystick::simulation
