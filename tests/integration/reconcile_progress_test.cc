// What tally-shopping --reconcile waits for.
#include "services/shopping/store/reconcile_progress.h"

#include "services/shopping/service/shopping_server.h"
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
    return progress->open;
  };
  const std::string all = "00000000-0000-0000-0000-000000000000";
  REQUIRE(open(all, 0, "10 minutes") == 0);
  // It is in hand, or its turn comes.
  REQUIRE(open(all, 0, "10 seconds") == 1);
  // A trade is waited for in any case.
  REQUIRE(open("01a223a2-fd34-8b63-98d8-132268aafd74", 1, "10 minutes") == 1);
}

}  // namespace
}  // namespace tallystick::testing
