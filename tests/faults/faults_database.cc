// What befalls PostgreSQL.
#include <stdexcept>

#include "absl/time/clock.h"
#include "tests/faults/faults.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

int Restart(Stage& stage) {
  Database& database = stage.cluster.database();
  database.Stop();
  absl::SleepFor(stage.hold);
  database.Start();
  return 1;
}

int KillDatabase(Stage& stage) {
  Database& database = stage.cluster.database();
  const int times = static_cast<int>(stage.hold / absl::Seconds(3));
  for (int i = 0; i < times; ++i) {
    database.Kill();
    database.Start();
    absl::SleepFor(absl::Seconds(2));
  }
  return times;
}

int Freeze(Stage& stage) {
  stage.cluster.database().Freeze();
  absl::SleepFor(stage.hold);
  stage.cluster.database().Thaw();
  return 1;
}

// While the disk is full PostgreSQL may end, as when it cannot write its log; whoever looks after
// it starts it again when there is room.
int DiskFull(Stage& stage) {
  Database& database = stage.cluster.database();
  const absl::Time end = absl::Now() + stage.hold;
  while (absl::Now() < end) {
    database.FillDisk();
    absl::SleepFor(absl::Milliseconds(200));
  }
  database.FreeDisk();
  const bool answers = testing::WaitUntil([&] {
    try {
      if (!database.IsRunning()) database.Start();
      AskDatabase(database.Url("shopping"), "SELECT 1");
      return true;
    } catch (const std::exception&) {
      return false;
    }
  });
  if (!answers) throw std::runtime_error("PostgreSQL does not come up again");
  return 1;
}

// Asynchronous replication was cut a second before the primary died.
int FailOver(Stage& stage) {
  Database& database = stage.cluster.database();
  database.MakeStandby();
  database.CutStandby();
  absl::SleepFor(absl::Seconds(1));
  database.FailOver();
  for (const std::string name : kDatabases) {
    Proxy& way = stage.cluster.way(name + "-database");
    way.SetTargets({database.socket_path()});
    way.SetMode(ProxyMode::kPartition);
  }
  absl::SleepFor(absl::Milliseconds(300));
  for (const std::string name : kDatabases) {
    stage.cluster.way(name + "-database").SetMode(ProxyMode::kPass);
  }
  return 1;
}

}  // namespace

std::vector<Fault> DatabaseFaults() {
  return {
      {"database-restart", "PostgreSQL is stopped and started again", 4, 0, Restart},
      {"database-kill", "SIGKILL of PostgreSQL", 10, 3, KillDatabase},
      {"database-stop", "SIGSTOP of all of PostgreSQL's processes", 20, 0, Freeze},
      {"disk-full", "PostgreSQL's disk is full", 10, 0, DiskFull,
       [](Cluster& cluster) {
         return cluster.database().has_disk() ? std::string() : "needs root, to mount a small disk";
       }},
      {"failover", "PostgreSQL fails over to a standby that lacks the last second", 1, 0, FailOver,
       [](Cluster&) { return std::string(); }, true},
  };
}

}  // namespace tallystick::faults
