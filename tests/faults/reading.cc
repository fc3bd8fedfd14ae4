#include "tests/faults/reading.h"

#include <stdexcept>

#include "absl/time/clock.h"
#include "client-cli/ledger/ledger.h"
#include "tests/faults/motion.h"
#include "tests/support/ledger_trades.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

// Of a check when all is quiet: nothing is on its way any more.
const testing::Environment kWithoutPatience = {{"TALLY_REPORT_DELAY_MS", "0"},
                                               {"TALLY_UNKNOWN_GRACE_MS", "0"},
                                               {"TALLY_REFUND_GRACE_MS", "0"}};

bool HasAllAnswers(const Buyers& buyers, const std::string& name) {
  auto ledger = Ledger::Open(buyers.LedgerOf(name));
  return ledger.ok() && (*ledger)->Pending().empty() && (*ledger)->PendingRequests().empty();
}

// Buyers find out what became of everything that they have no answer to, until `end`, and then
// compare.
LedgerRecord ReadLedger(const Buyers& buyers, const std::string& name, absl::Time end) {
  LedgerRecord record;
  record.buyer = name;
  testing::WaitUntil(
      [&] {
        buyers.Tally(name, {"sync"});
        return HasAllAnswers(buyers, name);
      },
      end - absl::Now());
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
  record.trades = testing::TradesIn(**ledger);
  record.pending_requests = (*ledger)->PendingRequests().size();
  return record;
}

}  // namespace

Reading ReadAll(Cluster& cluster, const Buyers& buyers, const Market& market,
                absl::Duration patience) {
  Reading reading;
  Records& records = reading.records;
  const absl::Time end = absl::Now() + patience;
  // What a tally was killed over is sent now, and goes its way.
  for (const std::string& name : buyers.Names()) ReadLedger(buyers, name, end);
  reading.quiet = WaitUntilQuiet(cluster.database(), patience);
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
  return reading;
}

}  // namespace tallystick::faults
