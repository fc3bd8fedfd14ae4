// The hub where watchers wait, on a real PostgreSQL.
#include "platform/history/watch_hub.h"

#include "platform/postgres/migrations.h"
#include "tests/support/catch.h"
#include "tests/support/private_postgres.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

constexpr postgres::Migration kHistory[] = {{1, "history",
                                             "CREATE TABLE history (trading_id uuid, revision "
                                             "bigint, change_time timestamptz, entry bytea, "
                                             "PRIMARY KEY (trading_id, revision))"}};

Uuid Trade(uint8_t number) {
  Uuid id;
  id.bytes[0] = number;
  return id;
}

class Listener final : public Watcher {
 public:
  void OnChanges(std::vector<postgres::HistoryEntry> entries) override {
    std::lock_guard lock(mutex_);
    for (auto& entry : entries) heard_.push_back(entry.trading_id);
  }
  void OnEnd(absl::Status) override {}
  std::vector<Uuid> heard() {
    std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  std::mutex mutex_;
  std::vector<Uuid> heard_;
};

void Append(postgres::Session& session, const Uuid& trade, int64_t revision) {
  const std::vector<postgres::HistoryEntry> entries = {{trade, revision, absl::Now(), "entry"}};
  REQUIRE(session
              .Run([&](postgres::Transaction& transaction) {
                postgres::AppendHistory(transaction, entries);
                return true;
              })
              .ok());
}

TEST_CASE("watch hub: what is found for a watcher that has left reaches nobody in its place") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate({url}, kHistory).ok());
  postgres::Session writer({.database = {url}});
  Append(writer, Trade(1), 1);
  WatchHub hub({.look_interval = absl::Milliseconds(20)}, {url});
  Listener listener;
  postgres::Session blocker({.database = {url}});
  REQUIRE(blocker
              .Run([&](postgres::Transaction& transaction) {
                transaction.ExecScript("LOCK TABLE history IN ACCESS EXCLUSIVE MODE");
                hub.Wait(&listener, Trade(1), 0, SteadyNow());
                REQUIRE(WaitUntil([&] {
                  return postgres.Ask("shopping",
                                      "SELECT count(*) FROM pg_locks WHERE NOT granted") == "1";
                }));
                // While the answer for trade 1 is on its way, the watcher leaves, and another one
                // comes to wait for trade 2 at the same address.
                REQUIRE(hub.Leave(&listener));
                hub.Wait(&listener, Trade(2), 0, SteadyNow());
                return true;
              })
              .ok());
  Append(writer, Trade(2), 1);
  REQUIRE(WaitUntil([&] { return !listener.heard().empty(); }));
  REQUIRE(listener.heard() == std::vector<Uuid>{Trade(2)});
}

TEST_CASE("watch hub: watchers of one trade at different places each get what comes after theirs") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate({url}, kHistory).ok());
  postgres::Session writer({.database = {url}});
  for (int64_t revision = 1; revision <= 3; ++revision) Append(writer, Trade(1), revision);
  WatchHub hub({.look_interval = absl::Milliseconds(20)}, {url});
  Listener from_the_start;
  Listener from_two;
  hub.Wait(&from_the_start, Trade(1), 0, SteadyNow());
  hub.Wait(&from_two, Trade(1), 2, SteadyNow());
  REQUIRE(WaitUntil(
      [&] { return from_the_start.heard().size() == 3 && from_two.heard().size() == 1; }));
}

}  // namespace
}  // namespace tallystick::testing
