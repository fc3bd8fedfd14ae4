// What tally-shopping --reconcile waits for, and what stays on the list after it.
#include "services/shopping/store/reconcile_progress.h"

#include "services/shopping/service/shopping_server.h"
#include "services/shopping/workflow/reconciliation.h"
#include "tests/support/catch.h"
#include "tests/support/private_postgres.h"

namespace tallystick::testing {
namespace {

TEST_CASE("reconcile: a comparison of all trades that the servers are to make is not waited for") {
  const PrivatePostgres postgres;
  shopping::ShoppingSettings settings;
  settings.server.database = {postgres.Url("shopping")};
  REQUIRE(shopping::Migrate(settings).ok());
  postgres::Session session({.database = settings.server.database});
  int64_t unread = 0;
  const auto open = [&](const std::string& trade, int number, const std::string& due) {
    postgres.Execute("shopping",
                     "DELETE FROM work; INSERT INTO work (trading_id, queue, number, due_time, "
                     "payload) VALUES ('" +
                         trade + "', 4, " + std::to_string(number) + ", now() + interval '" + due +
                         "', '')");
    const auto progress = session.Run([](postgres::Transaction& transaction) {
      return shopping::ReadReconcileProgress(transaction, absl::UnixEpoch(), absl::Seconds(10));
    });
    REQUIRE(progress.ok());
    unread = progress->unread;
    return progress->open;
  };
  const std::string all = "00000000-0000-0000-0000-000000000000";
  REQUIRE(open(all, 0, "10 minutes") == 0);
  // It is in hand, or its turn comes.
  REQUIRE(open(all, 0, "10 seconds") == 1);
  // A trade is waited for in any case.
  const std::string trade = "01a223a2-fd34-8b63-98d8-132268aafd74";
  REQUIRE(open(trade, shopping::kFound, "10 minutes") == 1);
  REQUIRE(unread == 1);
  // What messages show that do not fit comes again for as long as somebody holds, who waits for the
  // comparison.
  REQUIRE(open(trade, shopping::kReconcile, "0 seconds") == 1);
  REQUIRE(unread == 0);
}

// Of a service that has no trades.
shopping::OtherHalf NothingKnown() {
  shopping::OtherHalf half;
  half.read_reports = [](std::span<const TradePosition> heard) {
    return std::vector<absl::StatusOr<TradeReports>>(heard.size(), TradeReports{});
  };
  return half;
}

TEST_CASE("reconcile: what a commit has found for a person stays, though its answer was lost") {
  const PrivatePostgres postgres;
  shopping::ShoppingSettings settings;
  settings.server.database = {postgres.Url("shopping")};
  REQUIRE(shopping::Migrate(settings).ok());
  CommitterOptions options{shopping::kOrdersTable, settings.server.database};
  options.after_commit = [](auto&&...) {};
  options.work_lease = absl::Seconds(10);
  shopping::Reconciliation reconciliation(options, {}, NothingKnown(), NothingKnown());
  const std::vector<WorkItem> items = {shopping::ComparedItem(NewUuidV7(absl::Now())),
                                       shopping::ComparedItem(NewUuidV7(absl::Now()))};
  // The commit was here; it runs again, and finds that the trade is in step by now.
  postgres.Execute("shopping",
                   "INSERT INTO work (trading_id, queue, number, due_time, payload, attempts, "
                   "reason) VALUES ('" +
                       items[0].trading_id.ToString() +
                       "', 4, 4, now(), '', 1000000, 'the buyer was told otherwise')");
  const auto verdicts = reconciliation.Work(items);
  REQUIRE(verdicts.ok());
  REQUIRE((*verdicts)[0].kind == WorkVerdict::kParked);
  REQUIRE((*verdicts)[0].reason == "the buyer was told otherwise");
  REQUIRE((*verdicts)[1].kind == WorkVerdict::kDone);
}

}  // namespace
}  // namespace tallystick::testing
