// What tally-shopping --reconcile waits for, and what stays on the list after it.
#include "services/shopping/store/reconcile_progress.h"

#include "services/shopping/service/shopping_server.h"
#include "services/shopping/store/order_unit.h"
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

TEST_CASE("reconcile: a trade that a person has to look at is on the list once, and stays there") {
  const PrivatePostgres postgres;
  shopping::ShoppingSettings settings;
  settings.server.database = {postgres.Url("shopping")};
  REQUIRE(shopping::Migrate(settings).ok());
  CommitterOptions options{shopping::kOrdersTable, settings.server.database};
  options.after_commit = [](auto&&...) {};
  options.work_lease = absl::Seconds(10);
  shopping::Reconciliation reconciliation(options, {}, NothingKnown(), NothingKnown());
  const Uuid told = NewUuidV7(absl::Now());
  const Uuid other = NewUuidV7(absl::Now());
  const auto rows = [&](const Uuid& id) {
    return postgres.Ask("shopping",
                        "SELECT string_agg(number || ' ' || reason, ', ') FROM work "
                        "WHERE trading_id = '" +
                            id.ToString() + "'");
  };
  postgres.Execute("shopping",
                   "INSERT INTO work (trading_id, queue, number, due_time, payload) VALUES ('" +
                       told.ToString() + "', 4, 1, now(), ''), ('" + told.ToString() +
                       "', 4, 3, now(), ''), ('" + told.ToString() + "', 4, 4, now(), '')");
  postgres::Session session({.database = settings.server.database});
  const postgres::DocumentTable orders_table(shopping::kOrdersTable);
  const WorkTable work_table(options.work_lease);
  const auto park = [&] {
    return session.Run([&](postgres::Transaction& transaction) {
      UnitOfWork<shopping::Order, shopping::OrderCodec> orders(
          {{orders_table, transaction}, work_table}, {}, absl::Now());
      shopping::OrderUnit unit(orders);
      unit.Save();
      unit.Park({shopping::ForPersonItem(told, "the buyer was told otherwise")});
      return true;
    });
  };
  REQUIRE(park().ok());
  REQUIRE(rows(told) == "5 the buyer was told otherwise");
  // That commit's answer was lost: it is looked at again, under whatever it was in hand for, and
  // found to be in step by now.
  for (const int64_t number : {shopping::kReconcile, shopping::kFound, shopping::kSeeInStep}) {
    std::vector<WorkItem> items = {shopping::ComparedItem(told), shopping::ComparedItem(other)};
    items[0].number = number;
    const auto verdicts = reconciliation.Work(items);
    REQUIRE(verdicts.ok());
    REQUIRE((*verdicts)[0].kind == WorkVerdict::kDone);
    REQUIRE((*verdicts)[1].kind == WorkVerdict::kDone);
    REQUIRE(rows(told) == "5 the buyer was told otherwise");
  }
  // Messages that do not fit are nothing new then.
  shopping::Noticing noticing(options, absl::Seconds(10));
  const std::vector<WorkItem> noticed = {shopping::ComparedItem(told),
                                         shopping::ComparedItem(other)};
  REQUIRE(noticing.Notice(noticed).ok());
  REQUIRE(rows(told) == "5 the buyer was told otherwise");
  REQUIRE(rows(other) == "1 ");
  // A person has it looked at: what comes of it is new.
  postgres.Execute("shopping", "UPDATE work SET attempts = 0 WHERE number = 5");
  WorkItem again = shopping::ForPersonItem(told, "");
  again.attempts = 0;
  const auto verdicts = reconciliation.Work({&again, 1});
  REQUIRE(verdicts.ok());
  REQUIRE((*verdicts)[0].kind == WorkVerdict::kDone);
}

}  // namespace
}  // namespace tallystick::testing
