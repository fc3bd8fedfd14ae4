#include "tests/faults/run.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client-cli/ledger/ledger.h"
#include "tests/faults/buyers.h"
#include "tests/faults/market.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

// Until then, what was under way when a fault ended must have moved, and all must be quiet when the
// load has.
constexpr absl::Duration kPatience = absl::Seconds(120);
constexpr int kSmallDiskMb = 1'200;
// With a server that is an hour ahead, its dates are, too.
constexpr int kHourAndMoreMs = 2 * 3'600'000;

// Of a check when all is quiet: nothing is on its way any more.
const testing::Environment kWithoutPatience = {{"TALLY_REPORT_DELAY_MS", "0"},
                                               {"TALLY_UNKNOWN_GRACE_MS", "0"},
                                               {"TALLY_REFUND_GRACE_MS", "0"}};

void Say(const std::string& words) {
  std::printf("%s  %s\n", absl::FormatTime("%H:%M:%S", absl::Now(), absl::LocalTimeZone()).c_str(),
              words.c_str());
  std::fflush(stdout);
}

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

// Buyers find out what became of everything that they have no answer to, until `end`, and then
// compare.
LedgerRecord ReadLedger(const Buyers& buyers, const std::string& name, absl::Time end) {
  LedgerRecord record;
  record.buyer = name;
  // 1: an order was refused only now. 4: there are still some without an answer.
  testing::WaitUntil([&] { return buyers.Tally(name, {"sync"}).code < 2; }, end - absl::Now());
  TallyRun all;
  testing::WaitUntil(
      [&] {
        all = buyers.Tally(name, {"sync", "--all"}, kWithoutPatience);
        return all.code != 4;
      },
      end - absl::Now());
  record.sync_code = all.code;
  record.sync_words = all.out + all.err;
  auto ledger = Ledger::Open(buyers.LedgerOf(name));
  if (!ledger.ok()) throw std::runtime_error(ledger.status().ToString());
  record.trades = (*ledger)->Trades();
  record.pending_requests = (*ledger)->PendingRequests().size();
  return record;
}

void AuditAll(Cluster& cluster, const Buyers& buyers, const Market& market, Report& report) {
  Records records;
  const absl::Time end = absl::Now() + kPatience;
  // What a tally was killed over is sent now, and goes its way.
  for (const std::string& name : buyers.Names()) ReadLedger(buyers, name, end);
  report.quiet = report.quiet && WaitUntilQuiet(cluster.database(), kPatience);
  for (const std::string& name : buyers.Names()) {
    records.ledgers.push_back(ReadLedger(buyers, name, end));
  }
  records.confirmed = market.added();
  Shop shop = cluster.ShopOf("operator:auditor");
  const auto listed = BackOffice(shop).ListWork();
  if (listed.ok()) records.listed = *listed;
  ReadDatabases([&](const std::string& database) { return cluster.database().Url(database); },
                records);
  records.book = ReadBook(cluster.BookPath());
  report.audit = Audit(records);
  report.proof = ProveAuditor(records, report.audit);
}

void Keep(const Cluster& cluster, const std::string& folder) {
  std::filesystem::create_directories(folder);
  for (const auto& entry : std::filesystem::directory_iterator(cluster.File(""))) {
    if (!entry.is_regular_file()) continue;
    std::filesystem::copy(entry.path(), std::filesystem::path(folder) / entry.path().filename(),
                          std::filesystem::copy_options::overwrite_existing);
  }
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
  if (!options.keep.empty()) Keep(cluster, options.keep);
  return report;
}

}  // namespace tallystick::faults
