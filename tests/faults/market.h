// The back office of the harness: prices change and stock comes in all the time.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <thread>

#include "client-cli/remote/back_office.h"
#include "tests/faults/cluster.h"
#include "tests/faults/orders.h"

namespace tallystick::faults {

// Works from its construction on until Stop, in a thread of its own.
class Market {
 public:
  // Loads the products and their first stock; throws std::runtime_error when that fails.
  Market(Cluster& cluster, uint64_t seed);
  ~Market() { Stop(); }

  // Waits for the answers that are still due.
  void Stop();
  // What the shop confirmed to have been added to each product's stock; after Stop.
  const std::map<std::string, int64_t>& added() const { return added_; }

 private:
  void Loop();
  // Repeats one change under its request id until its outcome is known.
  void Adjust(const std::vector<StockDelta>& deltas);

  Shop shop_;
  Random random_;
  std::atomic<bool> stopping_ = false;
  std::map<std::string, int64_t> added_;
  std::thread thread_;
};

}  // namespace tallystick::faults
