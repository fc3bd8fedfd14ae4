#include "tests/faults/faults.h"

#include <signal.h>

#include <set>

#include "absl/time/clock.h"

namespace tallystick::faults {
namespace {

// Servers are killed and stopped, connections broken in every way, PostgreSQL crashes: all of it at
// random, each on top of what is not over yet.
int StrikeTogether(Stage& stage) {
  Cluster& cluster = stage.cluster;
  Random& random = stage.random;
  const std::vector<std::string> servers = cluster.Servers();
  const std::vector<std::string> ways(std::begin(kWays), std::end(kWays));
  std::set<std::string> stopped;
  int times = 0;
  const absl::Time end = absl::Now() + stage.hold;
  for (; absl::Now() < end; ++times) {
    const std::string server = OneOf(random, servers);
    Proxy& way = cluster.way(OneOf(random, ways));
    switch (Pick(random, 16)) {
      case 0:
      case 1:
      case 2:
      case 3: cluster.Kill(server); break;
      case 4:
      case 5:
        cluster.Signal(server, SIGSTOP);
        stopped.insert(server);
        break;
      case 6:
      case 7:
      case 8:
        for (const std::string& name : stopped) cluster.Signal(name, SIGCONT);
        stopped.clear();
        break;
      case 9: way.SetMode(ProxyMode::kPartition); break;
      case 10: way.SetMode(ProxyMode::kDropAnswers, 5); break;
      case 11: way.SetMode(ProxyMode::kDelay, 100); break;
      case 12: way.SetMode(ProxyMode::kRefuse); break;
      case 13:
        if (Pick(random, 4) == 0) {
          cluster.database().Kill();
          cluster.database().Start();
        }
        break;
      default:
        for (const std::string& name : ways) cluster.way(name).SetMode(ProxyMode::kPass);
    }
    absl::SleepFor(absl::Milliseconds(100 + Pick(random, 500)));
  }
  for (const std::string& name : stopped) cluster.Signal(name, SIGCONT);
  for (const std::string& name : ways) cluster.way(name).SetMode(ProxyMode::kPass);
  return times;
}

}  // namespace

Fault Together() {
  return {"together", "kills, stops, broken connections and crashes of PostgreSQL at once", 45, 8,
          StrikeTogether};
}

std::vector<Fault> AllFaults() {
  std::vector<Fault> all;
  for (const auto& faults : {ProcessFaults(), NetworkFaults(), DatabaseFaults(), RowFaults()}) {
    all.insert(all.end(), faults.begin(), faults.end());
  }
  all.push_back(Together());
  return all;
}

}  // namespace tallystick::faults
