// What befalls the connections.
#include "absl/time/clock.h"
#include "tests/faults/faults.h"

namespace tallystick::faults {
namespace {

// The mode for the time of the fault, on some ways; what was broken is counted.
Fault OnWays(std::string name, std::string what, int seconds, int short_seconds, ProxyMode mode,
             std::vector<std::string> ways, int number = 0) {
  const auto strike = [mode, ways, number](Stage& stage) {
    const auto broken = [&] {
      int64_t sum = 0;
      for (const std::string& way : ways) sum += stage.cluster.way(way).broken();
      return sum;
    };
    const int64_t before = broken();
    for (const std::string& way : ways) stage.cluster.way(way).SetMode(mode, number);
    absl::SleepFor(stage.hold);
    for (const std::string& way : ways) stage.cluster.way(way).SetMode(ProxyMode::kPass);
    return static_cast<int>(broken() - before);
  };
  return {std::move(name), std::move(what), seconds, short_seconds, strike};
}

const std::vector<std::string> kPeers = {"shopping-payment", "shopping-delivery",
                                         "payment-shopping", "delivery-shopping"};
const std::vector<std::string> kBuyers = {"buyer-shopping", "buyer-payment", "buyer-delivery"};
const std::vector<std::string> kToDatabases = {"shopping-database", "payment-database",
                                               "delivery-database"};

}  // namespace

std::vector<Fault> NetworkFaults() {
  std::vector<std::string> calls = kPeers;
  calls.insert(calls.end(), kBuyers.begin(), kBuyers.end());
  return {
      OnWays("drop-answers", "one in three answers of servers is dropped after the commit", 15, 6,
             ProxyMode::kDropAnswers, calls, 3),
      OnWays("drop-commits", "one in forty answers of PostgreSQL is dropped", 12, 0,
             ProxyMode::kDropAnswers, kToDatabases, 40),
      OnWays("partition-payment", "shop and payment cannot connect", 10, 4, ProxyMode::kPartition,
             {"shopping-payment", "payment-shopping"}),
      OnWays("partition-delivery", "shop and delivery cannot connect", 10, 0, ProxyMode::kPartition,
             {"shopping-delivery", "delivery-shopping"}),
      OnWays("partition-buyers", "buyers cannot connect", 8, 0, ProxyMode::kPartition, kBuyers),
      OnWays("delay", "everything between servers takes 300 ms more", 8, 0, ProxyMode::kDelay,
             calls, 300),
      OnWays("black-hole-peers", "connections between servers fall silent", 20, 0,
             ProxyMode::kBlackHole, kPeers),
      OnWays("black-hole-database", "connections to PostgreSQL fall silent", 15, 0,
             ProxyMode::kBlackHole, kToDatabases),
  };
}

}  // namespace tallystick::faults
