// The work table and its workers, on a real PostgreSQL.
#include <atomic>
#include <map>
#include <mutex>

#include "platform/relay/queue_worker.h"
#include "services/payment/migrations.h"
#include "tests/support/catch.h"
#include "tests/support/due_work.h"
#include "tests/support/private_postgres.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

TEST_CASE("relay: work is handed over in memory, done, and gone from the table") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  std::atomic<int> done = 0;
  QueueWorker worker(Options(), {url}, [&](std::span<const WorkItem> items) {
    done += static_cast<int>(items.size());
    return AllDone(items);
  });
  std::vector<WorkItem> items;
  for (int trade = 0; trade < 100; ++trade) items.push_back(Item(trade, 1));
  Insert(url, items, absl::Hours(1));
  worker.HandOver(items, SteadyNow());
  REQUIRE(
      WaitUntil([&] { return postgres.Ask("payment", "SELECT count(*) FROM all_work") == "0"; }));
  REQUIRE(done == 100);
}

TEST_CASE("relay: what a dead process left is taken over when its lease ends") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  Insert(url, {Item(1, 1), Item(1, 2), Item(2, 1)}, absl::Milliseconds(300));
  std::mutex mutex;
  std::vector<int64_t> numbers_of_first;
  bool all_perhaps_begun = true;
  QueueWorker worker(Options(), {url}, [&](std::span<const WorkItem> items) {
    std::lock_guard lock(mutex);
    for (const WorkItem& item : items) {
      if (item.trading_id.bytes[0] == 1) numbers_of_first.push_back(item.number);
      all_perhaps_begun = all_perhaps_begun && item.perhaps_begun;
    }
    return AllDone(items);
  });
  REQUIRE(
      WaitUntil([&] { return postgres.Ask("payment", "SELECT count(*) FROM all_work") == "0"; }));
  std::lock_guard lock(mutex);
  REQUIRE(numbers_of_first == std::vector<int64_t>{1, 2});
  REQUIRE(all_perhaps_begun);
}

TEST_CASE("relay: two replicas share a table and do each piece of work once") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  std::vector<WorkItem> items;
  for (int trade = 0; trade < 200; ++trade) items.push_back(Item(trade, 1));
  Insert(url, items, absl::ZeroDuration());
  std::mutex mutex;
  std::map<Uuid, int> times;
  const auto handle = [&](std::span<const WorkItem> items) {
    std::lock_guard lock(mutex);
    for (const WorkItem& item : items) ++times[item.trading_id];
    return AllDone(items);
  };
  QueueWorkerOptions options = Options();
  options.max_batch = 10;
  {
    QueueWorker one(options, {url}, handle);
    QueueWorker two(options, {url}, handle);
    REQUIRE(
        WaitUntil([&] { return postgres.Ask("payment", "SELECT count(*) FROM all_work") == "0"; }));
  }
  REQUIRE(times.size() == 200);
  for (const auto& [id, count] : times) REQUIRE(count == 1);
}

TEST_CASE("relay: failed work comes again, parked work does not, a peer that is down pauses") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  std::atomic<int> calls = 0;
  std::atomic<int> retried = 0;
  std::atomic<int> parked = 0;
  QueueWorker worker(
      Options(), {url},
      [&](std::span<const WorkItem> items) -> absl::StatusOr<std::vector<WorkVerdict>> {
        if (++calls <= 3) return absl::UnavailableError("the peer is down");
        std::vector<WorkVerdict> verdicts;
        for (const WorkItem& item : items) {
          if (item.number == 2) {
            ++parked;
            verdicts.push_back({WorkVerdict::kParked});
          } else {
            verdicts.push_back({++retried < 4 ? WorkVerdict::kRetry : WorkVerdict::kDone});
          }
        }
        return verdicts;
      });
  const std::vector<WorkItem> items = {Item(1, 1), Item(2, 2)};
  Insert(url, items, absl::Seconds(30));
  worker.HandOver(items, SteadyNow());
  REQUIRE(WaitUntil([&] { return postgres.Ask("payment", "SELECT count(*) FROM work") == "1"; }));
  REQUIRE(retried == 4);
  REQUIRE(parked == 1);
  REQUIRE(postgres.Ask("payment", "SELECT number FROM work") == "2");
}

// A handler that cannot deal with any batch that has item 13 of trade 1 in it.
absl::StatusOr<std::vector<WorkVerdict>> ChokeOn13(std::span<const WorkItem> items,
                                                   const absl::Status& error) {
  for (const WorkItem& item : items) {
    if (item.number == 13) return error;
  }
  return AllDone(items);
}

TEST_CASE("relay: an item that nobody can handle does not hold up the others, and is parked") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  QueueWorkerOptions options = Options();
  options.max_attempts = 3;
  QueueWorker worker(options, {url}, [](std::span<const WorkItem> items) {
    return ChokeOn13(items, absl::InternalError("a stray row"));
  });
  std::vector<WorkItem> items;
  for (int number = 1; number <= 100; ++number) items.push_back(Item(1, number));
  Insert(url, items, absl::Hours(1));
  worker.HandOver(items, SteadyNow());
  // It comes again while others work; on its own it would be the queue's trouble, not its.
  int next = 101;
  REQUIRE(WaitUntil([&] {
    const std::vector<WorkItem> more = {Item(1, next++)};
    Insert(url, more, absl::Hours(1));
    worker.HandOver(more, SteadyNow());
    return Waiting(postgres) == "13 true a stray row";
  }));
  postgres::Session session({.database = {url}});
  const auto listed = session.Run([&](postgres::Transaction& transaction) {
    return WorkTable::ListWaiting(transaction, {}, 10);
  });
  REQUIRE(listed->size() == 1);
  REQUIRE(listed->front().reason == "a stray row");
}

TEST_CASE("relay: what all of several items meet is the queue's trouble, and parks none") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  QueueWorkerOptions options = Options();
  options.max_attempts = 2;
  std::atomic<int> calls = 0;
  std::atomic<bool> broken = true;
  QueueWorker worker(
      options, {url},
      [&](std::span<const WorkItem> items) -> absl::StatusOr<std::vector<WorkVerdict>> {
        ++calls;
        if (broken) return absl::InternalError("a table is missing");
        return AllDone(items);
      });
  const std::vector<WorkItem> items = {Item(1, 1), Item(2, 2), Item(3, 3)};
  Insert(url, items, absl::Hours(1));
  worker.HandOver(items, SteadyNow());
  REQUIRE(WaitUntil([&] { return calls > 50; }));
  // On the list, and tried all the same.
  REQUIRE(Waiting(postgres) != "");
  REQUIRE(postgres.Ask("payment", "SELECT max(attempts) FROM work") == "3");
  broken = false;
  REQUIRE(WaitUntil([&] { return Waiting(postgres).empty(); }));
}

TEST_CASE("relay: what waits for a row that somebody holds is tried for ever") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  QueueWorkerOptions options = Options();
  options.max_attempts = 2;
  std::atomic<int> tries = 0;
  std::atomic<bool> locked = true;
  QueueWorker worker(
      options, {url},
      [&](std::span<const WorkItem> items) -> absl::StatusOr<std::vector<WorkVerdict>> {
        ++tries;
        if (locked) return absl::AbortedError("locked");
        return AllDone(items);
      });
  Insert(url, {Item(1, 1)}, absl::ZeroDuration());
  REQUIRE(WaitUntil([&] { return tries > 5; }));
  REQUIRE(WaitUntil([&] { return Waiting(postgres) == "1 false locked"; }));
  locked = false;
  REQUIRE(WaitUntil([&] { return Waiting(postgres).empty(); }));
}

TEST_CASE("relay: what is stuck is parked, but behind work that is still tried only with that") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  QueueWorkerOptions options = Options();
  options.max_attempts = 3;
  std::atomic<int> stuck = 0;
  std::atomic<bool> first_is_stuck = false;
  QueueWorker worker(options, {url}, [&](std::span<const WorkItem> items) {
    std::vector<WorkVerdict> verdicts;
    for (const WorkItem& item : items) {
      const bool later = item.number > 1;
      if (later) ++stuck;
      verdicts.push_back({later || first_is_stuck ? WorkVerdict::kStuck : WorkVerdict::kRetry,
                          absl::ZeroDuration(), "not yet"});
    }
    return verdicts;
  });
  Insert(url, {Item(1, 1), Item(1, 2)}, absl::ZeroDuration());
  REQUIRE(WaitUntil([&] { return stuck > 20; }));
  const auto parked = [&] {
    return postgres.Ask("payment", "SELECT count(*) FROM work WHERE attempts = 1000000");
  };
  REQUIRE(parked() == "0");
  first_is_stuck = true;
  REQUIRE(WaitUntil([&] { return parked() == "2"; }));
}

TEST_CASE("relay: what was in memory when its lease ran out counts as perhaps begun") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  QueueWorkerOptions options = Options();
  options.max_batch = 1;
  options.lease = absl::Milliseconds(500);
  std::mutex mutex;
  std::map<int64_t, bool> perhaps_begun;
  QueueWorker worker(options, {url}, [&](std::span<const WorkItem> items) {
    if (items[0].number == 1) absl::SleepFor(2 * options.lease);
    std::lock_guard lock(mutex);
    perhaps_begun[items[0].number] = items[0].perhaps_begun;
    return AllDone(items);
  });
  const std::vector<WorkItem> items = {Item(1, 1), Item(1, 2)};
  Insert(url, items, options.lease);
  worker.HandOver(items, SteadyNow());
  REQUIRE(WaitUntil([&] { return Waiting(postgres).empty(); }));
  std::lock_guard lock(mutex);
  REQUIRE(perhaps_begun == std::map<int64_t, bool>{{1, false}, {2, true}});
}

TEST_CASE("relay: what somebody wrote as the number of tries is taken for a sound one") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  Insert(url, {Item(1, 1), Item(2, 1)}, absl::ZeroDuration());
  postgres.Execute("payment", "UPDATE work SET attempts = CASE WHEN trading_id = '" +
                                  Item(1, 1).trading_id.ToString() +
                                  "' THEN 2147483647 ELSE -5 END");
  QueueWorker worker(Options(), {url}, [](std::span<const WorkItem> items) {
    return std::vector<WorkVerdict>(items.size(),
                                    {WorkVerdict::kRetry, absl::ZeroDuration(), "not yet"});
  });
  REQUIRE(WaitUntil([&] {
    return postgres.Ask("payment",
                        "SELECT min(attempts) > 0 AND max(attempts) = 999999 "
                        "AND min(reason) <> '' FROM work") == "t";
  }));
}

TEST_CASE("relay: a row of the table that somebody holds leaves the others to be taken") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  Insert(url, {Item(1, 1), Item(2, 1), Item(3, 1)}, absl::ZeroDuration());
  pqxx::connection holder(url);
  pqxx::work lock(holder);
  lock.exec("SELECT 1 FROM work WHERE trading_id = '" + Item(2, 1).trading_id.ToString() +
            "' FOR UPDATE");
  QueueWorker worker(Options(), {url}, AllDone);
  REQUIRE(WaitUntil([&] { return postgres.Ask("payment", "SELECT count(*) FROM work") == "1"; }));
  lock.abort();
  REQUIRE(WaitUntil([&] { return Waiting(postgres).empty(); }));
}

TEST_CASE("relay: parked work is retried or dropped, and only messages are dropped") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  std::atomic<int> seen = 0;
  QueueWorker worker(Options(), {url}, [&](std::span<const WorkItem> items) {
    std::vector<WorkVerdict> verdicts;
    for (const WorkItem& item : items) {
      ++seen;
      verdicts.push_back({item.number == 1 ? WorkVerdict::kRefused : WorkVerdict::kParked,
                          {},
                          item.number == 1 ? "no" : "broken"});
    }
    return verdicts;
  });
  Insert(url, {Item(1, 1), Item(1, 2)}, absl::ZeroDuration());
  REQUIRE(WaitUntil([&] { return seen == 2 && Waiting(postgres) == "1 true no, 2 true broken"; }));
  postgres::Session session({.database = {url}});
  const auto change = [&](auto how) {
    return *session.Run([&](postgres::Transaction& transaction) {
      return how(transaction, Item(1, 1).trading_id);
    });
  };
  REQUIRE(change(WorkTable::Retry) == 2);
  REQUIRE(WaitUntil([&] { return seen == 4 && Waiting(postgres) == "1 true no, 2 true broken"; }));
  const auto drop = [](std::vector<int16_t> queues) {
    return [queues](postgres::Transaction& transaction, const Uuid& id) {
      return WorkTable::Drop(transaction, id, queues);
    };
  };
  REQUIRE(change(drop({int16_t{kQueue + 1}})) == 0);
  REQUIRE(change(drop({int16_t{kQueue + 1}, kQueue})) == 2);
  REQUIRE(Waiting(postgres).empty());
}

TEST_CASE(
    "migrations: several replicas start at once, and an older binary refuses a newer database") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  std::vector<std::thread> replicas;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    replicas.emplace_back([&] {
      if (postgres::Migrate({url}, payment::kMigrations).ok()) ++good;
    });
  }
  for (std::thread& replica : replicas) replica.join();
  REQUIRE(good == 4);
  REQUIRE(postgres.Ask("payment", "SELECT count(*) FROM schema_migrations") ==
          std::to_string(std::size(payment::kMigrations)));
  REQUIRE(postgres::Migrate({url}, {}).code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tallystick::testing
