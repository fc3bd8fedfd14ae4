// The load: buyers with a ledger each, who order, cancel and give back; half of them with the
// client's library, half by real `tally` processes, some of which are killed.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/faults/cluster.h"
#include "tests/faults/orders.h"
#include "tests/support/process.h"

namespace tallystick::faults {

struct BuyersOptions {
  int in_process = 4;
  int by_command = 2;
  double orders_a_second = 30;  // of all together
  int clock_skew_ms = 300'000;  // that their check allows for
  uint64_t seed = 1;
};

// What a run of tally said.
struct TallyRun {
  int code = -1;  // 128 + SIGKILL when it was killed
  std::string out;
  std::string err;
};

class Buyers {
 public:
  Buyers(Cluster& cluster, const BuyersOptions& options);
  ~Buyers();

  // Orders begun so far.
  int64_t orders() const { return orders_; }
  int64_t killed() const { return killed_; }
  // Comes back when all have ended what they were at.
  void Stop();

  std::vector<std::string> Names() const;
  std::string LedgerOf(const std::string& name) const { return cluster_.File(name + ".db"); }
  // Runs tally with the ledger of a buyer. Call after Stop, or with the ledger of nobody else.
  TallyRun Tally(const std::string& name, std::vector<std::string> arguments,
                 const testing::Environment& settings = {}) const;

 private:
  struct Buyer {
    std::string name;
    bool by_command = false;
    Random random;
    CataloguePages catalogue;  // as seen last
    int next = 1;
    std::thread thread;
  };

  void Loop(Buyer& buyer);
  void OrderWithLibrary(Buyer& buyer);
  void OrderByCommand(Buyer& buyer);
  // Imports the file until an import has come to its end.
  void Import(Buyer& buyer, const std::string& file);
  std::vector<OrderRequest> NextOrders(Buyer& buyer, Shop& shop);
  std::unique_ptr<testing::Process> StartTally(const std::string& name,
                                               std::vector<std::string> arguments,
                                               const testing::Environment& settings = {}) const;

  Cluster& cluster_;
  const BuyersOptions options_;
  std::atomic<int64_t> orders_ = 0;
  std::atomic<int64_t> killed_ = 0;
  std::atomic<bool> stopping_ = false;
  std::vector<std::unique_ptr<Buyer>> buyers_;
};

}  // namespace tallystick::faults
