// A replica of the shop looks which databases there are, as services/shopping/workflow/lookout.h
// has it, on the run's time.
#pragma once

#include <functional>
#include <memory>

#include "services/shopping/workflow/looking.h"
#include "tests/faults/simulation/replica.h"

namespace tallystick::simulation {

class Lookout {
 public:
  Lookout(Replica& shop, const Replica::Place& place, Database& orders);

  // Looks now and then from now on.
  void Begin();

 private:
  void Look();
  void Ask(Database& other, const std::shared_ptr<shopping::Databases>& now,
           std::function<void()> then);
  void TakeNote(const std::shared_ptr<shopping::Databases>& now);
  void Again(absl::Duration in);

  Replica& shop_;
  Cluster& cluster_;
  Node& node_;
  Database& orders_;
};

}  // namespace tallystick::simulation
