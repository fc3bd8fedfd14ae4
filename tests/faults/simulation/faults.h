// What goes wrong, and when, once or several times. After End nothing does any more, and what was
// broken is mended, but for what the plan says stays.
#pragma once

#include <string>
#include <vector>

#include "tests/faults/simulation/buyer.h"
#include "tests/faults/simulation/cluster.h"

namespace tallystick::simulation {

class Faults {
 public:
  Faults(Cluster& cluster, Buyer& buyer)
      : cluster_(cluster), buyer_(buyer), world_(cluster.world()) {}

  void Begin();
  void End();

 private:
  // A document that was made unreadable.
  struct Poisoned {
    Database& database;
    Uuid trade;
    std::string document;
  };

  // Some time before the faults end.
  void Sometime(void (Faults::*fault)());
  // Of an order that nobody was told of, nobody will ask for the mend.
  void MendOrKeep(const Poisoned& one);
  void Supervise();
  void Crash();
  void Stall();
  void Partition();
  void Silence();
  void Outage();
  void CrashDatabase();
  void HoldRow();
  void PoisonRow();
  void Tamper();
  void JumpClock();
  void Upgrade();
  void RestartBuyer();
  Database& AnyDatabase();

  Cluster& cluster_;
  Buyer& buyer_;
  World& world_;
  std::vector<Poisoned> poisoned_;
  int wave_ = 0;
};

}  // namespace tallystick::simulation
