#include "tests/faults/run.h"

#include <unistd.h>

#include <cstdio>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/buyers.h"
#include "tests/faults/market.h"
#include "tests/faults/reading.h"
#include "tests/faults/say.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

// Until then, what was under way when a fault ended must have moved, and all must be quiet when the
// load has.
constexpr absl::Duration kPatience = absl::Seconds(120);
constexpr int kSmallDiskMb = 1'200;
// With a server that is an hour ahead, its dates are, too.
constexpr int kHourAndMoreMs = 2 * 3'600'000;

bool HasFault(const RunOptions& options, const std::string& name) {
  for (const Fault& fault : options.faults) {
    if (fault.name == name) return true;
  }
  return false;
}

// What does not recover by itself is started anew, so that the next fault begins fairly.
void StartAnew(Cluster& cluster) {
  for (const char* way : kWays) cluster.way(way).SetMode(ProxyMode::kPartition);
  for (const std::string& server : cluster.Servers()) cluster.Kill(server);
  cluster.database().Stop();
  cluster.database().Start();
  for (const char* way : kWays) cluster.way(way).SetMode(ProxyMode::kPass);
  testing::WaitUntil([&] { return cluster.AllServe(); });
}

// `stuck`: what earlier faults left so; it is theirs.
Struck Strike(const Fault& fault, Cluster& cluster, Random& random, bool short_form,
              WorkUnderWay& stuck) {
  Struck struck;
  struck.name = fault.name;
  struck.skipped = fault.missing(cluster);
  if (!struck.skipped.empty()) {
    Say(fault.name + " is skipped: " + struck.skipped);
    return struck;
  }
  Say(fault.name + ": " + fault.what);
  const std::string since = DatabaseTime(cluster.database());
  struck.touched = TradesOf(LookForWork(cluster.database()));
  const int seconds = short_form && fault.short_seconds > 0 ? fault.short_seconds : fault.seconds;
  Stage stage{cluster, random, absl::Seconds(seconds)};
  try {
    struck.times = fault.strike(stage);
    struck.touched.merge(TradesChanged(cluster.database(), since));
    WorkUnderWay work = LookForWork(cluster.database());
    for (const auto& [key, revision] : stuck) work.erase(key);
    struck.moved = WaitUntilMoved(cluster.database(), std::move(work), kPatience);
  } catch (const std::exception& error) {
    struck.failed = error.what();
    Say(fault.name + " failed: " + struck.failed);
  }
  if (!struck.moved.still.empty()) {
    Say(absl::StrCat(fault.name, ": ", struck.moved.still.size(),
                     " did not move on in time; everything is started anew"));
    StartAnew(cluster);
    stuck.insert(struck.moved.still.begin(), struck.moved.still.end());
  }
  return struck;
}

void AuditAll(Cluster& cluster, const Buyers& buyers, const Market& market, Report& report) {
  const Reading reading = ReadAll(cluster, buyers, market, kPatience);
  report.quiet = report.quiet && reading.quiet;
  report.audit = Audit(reading.records);
  report.proof = ProveAuditor(reading.records, report.audit);
}

}  // namespace

Report Run(const RunOptions& options) {
  const absl::Time begin = absl::Now();
  Report report;
  ClusterOptions cluster_options;
  if (geteuid() == 0 && HasFault(options, "disk-full")) cluster_options.disk_mb = kSmallDiskMb;
  Cluster cluster(cluster_options);
  // What the client says to a person.
  if (std::freopen(cluster.File("buyers.log").c_str(), "a", stderr) == nullptr) {
    throw std::runtime_error("cannot write " + cluster.File("buyers.log"));
  }
  Say("all servers serve");
  Market market(cluster, options.seed);
  BuyersOptions buyers_options;
  buyers_options.seed = options.seed;
  buyers_options.orders_a_second = options.orders_a_second;
  if (HasFault(options, "clock")) buyers_options.clock_skew_ms = kHourAndMoreMs;
  Buyers buyers(cluster, buyers_options);
  Random random(options.seed);
  absl::SleepFor(absl::Seconds(2));  // trades in every state
  WorkUnderWay stuck;
  for (const Fault& fault : options.faults) {
    report.struck.push_back(Strike(fault, cluster, random, options.short_form, stuck));
  }
  Say(absl::StrCat("the faults are over after ", buyers.orders(), " orders"));
  while (buyers.orders() < options.least_orders) absl::SleepFor(absl::Milliseconds(100));
  buyers.Stop();
  market.Stop();
  Say(absl::StrCat(buyers.orders(), " orders; ", buyers.killed(), " runs of tally were killed"));
  report.quiet = WaitUntilQuiet(cluster.database(), kPatience);
  Say(report.quiet ? "all is quiet" : "it does not become quiet");
  AuditAll(cluster, buyers, market, report);
  report.took = absl::Now() - begin;
  if (!options.keep.empty()) cluster.Keep(options.keep);
  return report;
}

}  // namespace tallystick::faults
