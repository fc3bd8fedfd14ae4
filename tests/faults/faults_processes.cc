// What befalls the servers' processes.
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <iterator>
#include <stdexcept>

#include "absl/time/clock.h"
#include "tests/faults/faults.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr int kHour = 3'600;

int KillOne(Stage& stage) {
  const std::vector<std::string> servers = stage.cluster.Servers();
  const absl::Time end = absl::Now() + stage.hold;
  int times = 0;
  for (; absl::Now() < end; ++times) {
    stage.cluster.Kill(OneOf(stage.random, servers));
    absl::SleepFor(absl::Milliseconds(100 + Pick(stage.random, 600)));
  }
  return times;
}

int KillAll(Stage& stage) {
  const absl::Time end = absl::Now() + stage.hold;
  int times = 0;
  do {
    for (const std::string& server : stage.cluster.Servers()) {
      stage.cluster.Kill(server);
      ++times;
    }
    absl::SleepFor(stage.hold / 3);
  } while (absl::Now() < end);
  return times;
}

// Longer than a lease, so that others take over what they were at; then they wake and go on.
int Stop(Stage& stage) {
  const absl::Duration nap = absl::Milliseconds(stage.cluster.options().lease_ms * 3 / 2);
  const std::vector<std::string> servers = stage.cluster.Servers();
  const absl::Time end = absl::Now() + stage.hold;
  int times = 0;
  do {
    // Of each two replicas one, and sometimes both.
    std::vector<std::string> stopped;
    for (const std::string& server : servers) {
      if (Pick(stage.random, 2) == 0) stopped.push_back(server);
    }
    for (const std::string& server : stopped) stage.cluster.Signal(server, SIGSTOP);
    absl::SleepFor(nap);
    for (const std::string& server : stopped) stage.cluster.Signal(server, SIGCONT);
    times += static_cast<int>(stopped.size());
    absl::SleepFor(absl::Milliseconds(500));
  } while (absl::Now() < end);
  return times;
}

int RollingRestart(Stage& stage) {
  int times = 0;
  for (const std::string& server : stage.cluster.Servers()) {
    const int code = stage.cluster.Terminate(server);
    if (code != 0) {
      throw std::runtime_error(server + " ended with " + std::to_string(code) + " at SIGTERM");
    }
    if (!testing::WaitUntil([&] { return stage.cluster.Serves(server); })) {
      throw std::runtime_error(server + " does not serve again");
    }
    ++times;
  }
  return times;
}

// An hour ahead, then right again.
int ClockJump(Stage& stage) {
  std::vector<std::string> jumped;
  for (const char* service : {"shopping", "payment", "delivery"}) {
    jumped.push_back(std::string(service) + "-" + std::to_string(1 + Pick(stage.random, 2)));
  }
  for (const std::string& server : jumped) {
    stage.cluster.GiveClock(server);
    stage.cluster.Kill(server);
  }
  const bool serve = testing::WaitUntil([&] { return stage.cluster.AllServe(); });
  if (!serve) throw std::runtime_error("with a clock of their own, the servers do not serve");
  for (const std::string& server : jumped) {
    stage.cluster.SetClock(server, kHour);
    absl::SleepFor(stage.hold / 6);
    stage.cluster.SetClock(server, 0);
    absl::SleepFor(stage.hold / 6);
  }
  // They keep the clock that is right again: a restart would hide what they remember.
  for (const std::string& server : jumped) stage.cluster.TakeClock(server);
  return static_cast<int>(jumped.size());
}

int NoDescriptors(Stage& stage) {
  std::vector<std::pair<pid_t, rlimit>> before;
  for (const std::string& server : stage.cluster.Servers()) {
    const pid_t pid = stage.cluster.Pid(server);
    rlimit limit{};
    std::error_code gone;
    const auto open = std::distance(
        std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd", gone), {});
    if (pid <= 0 || gone || prlimit(pid, RLIMIT_NOFILE, nullptr, &limit) != 0) continue;
    const rlimit none{static_cast<rlim_t>(open), limit.rlim_max};
    prlimit(pid, RLIMIT_NOFILE, &none, nullptr);
    before.emplace_back(pid, limit);
  }
  // Who has lost a connection needs a new one.
  for (const char* way : kWays) {
    if (Pick(stage.random, 2) == 0) stage.cluster.way(way).SetMode(ProxyMode::kPartition);
  }
  absl::SleepFor(absl::Milliseconds(300));
  for (const char* way : kWays) stage.cluster.way(way).SetMode(ProxyMode::kPass);
  absl::SleepFor(stage.hold);
  for (const auto& [pid, limit] : before) prlimit(pid, RLIMIT_NOFILE, &limit, nullptr);
  return static_cast<int>(before.size());
}

}  // namespace

std::vector<Fault> ProcessFaults() {
  return {
      {"kill", "SIGKILL of one server after another", 15, 6, KillOne},
      {"kill-all", "SIGKILL of all servers at once", 9, 3, KillAll},
      {"stop", "SIGSTOP for longer than the lease, then SIGCONT", 20, 7, Stop},
      {"rolling", "SIGTERM of one replica after another", 1, 1, RollingRestart},
      {"clock", "one server of each kind an hour ahead, then right again", 18, 0, ClockJump,
       [](Cluster&) {
         return Cluster::HasFakeClock() ? std::string()
                                        : "needs libfaketime (apt-get install faketime)";
       }},
      {"descriptors", "no server may open another file or connection", 8, 0, NoDescriptors},
  };
}

}  // namespace tallystick::faults
