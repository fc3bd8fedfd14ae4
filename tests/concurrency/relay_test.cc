// The work table and its workers, on a real PostgreSQL.
#include <atomic>
#include <map>
#include <mutex>

#include "platform/postgres/migrations.h"
#include "platform/relay/queue_worker.h"
#include "tests/support/catch.h"
#include "tests/support/private_postgres.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

constexpr postgres::Migration kWork[] = {
    {1, "work",
     "CREATE TABLE work (trading_id uuid, queue smallint, number bigint, due_time timestamptz, "
     "attempts integer NOT NULL DEFAULT 0, payload bytea, PRIMARY KEY (trading_id, queue, "
     "number))"}};

constexpr int16_t kQueue = 1;

WorkItem Item(int trade, int64_t number) {
  WorkItem item;
  item.trading_id.bytes[0] = static_cast<uint8_t>(trade);
  item.queue = kQueue;
  item.number = number;
  item.due_time = absl::Now();
  item.payload = "payload";
  return item;
}

void Insert(const std::string& url, const std::vector<WorkItem>& items, absl::Duration lease) {
  postgres::Session session({.database_url = url});
  const auto inserted = session.Run([&](postgres::Transaction& transaction) {
    WorkTable(lease).Insert(transaction, items);
    return true;
  });
  REQUIRE(inserted.ok());
}

QueueWorkerOptions Options() {
  return {.queue = kQueue,
          .name = "test",
          .poll_interval = absl::Milliseconds(50),
          .lease = absl::Milliseconds(500),
          .backoff = {absl::Milliseconds(5), absl::Milliseconds(50)}};
}

std::vector<WorkVerdict> AllDone(std::span<const WorkItem> items) {
  return std::vector<WorkVerdict>(items.size());
}

TEST_CASE("relay: work is handed over in memory, done, and gone from the table") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate(url, kWork).ok());
  std::atomic<int> done = 0;
  QueueWorker worker(Options(), url, [&](std::span<const WorkItem> items) {
    done += static_cast<int>(items.size());
    return AllDone(items);
  });
  std::vector<WorkItem> items;
  for (int trade = 0; trade < 100; ++trade) items.push_back(Item(trade, 1));
  Insert(url, items, absl::Hours(1));
  worker.HandOver(items);
  REQUIRE(WaitUntil([&] { return postgres.Ask("shopping", "SELECT count(*) FROM work") == "0"; }));
  REQUIRE(done == 100);
}

TEST_CASE("relay: what a dead process left is taken over when its lease ends") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate(url, kWork).ok());
  Insert(url, {Item(1, 1), Item(1, 2), Item(2, 1)}, absl::Milliseconds(300));
  std::mutex mutex;
  std::vector<int64_t> numbers_of_first;
  bool all_perhaps_begun = true;
  QueueWorker worker(Options(), url, [&](std::span<const WorkItem> items) {
    std::lock_guard lock(mutex);
    for (const WorkItem& item : items) {
      if (item.trading_id.bytes[0] == 1) numbers_of_first.push_back(item.number);
      all_perhaps_begun = all_perhaps_begun && item.perhaps_begun;
    }
    return AllDone(items);
  });
  REQUIRE(WaitUntil([&] { return postgres.Ask("shopping", "SELECT count(*) FROM work") == "0"; }));
  std::lock_guard lock(mutex);
  REQUIRE(numbers_of_first == std::vector<int64_t>{1, 2});
  REQUIRE(all_perhaps_begun);
}

TEST_CASE("relay: two replicas share a table and do each piece of work once") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate(url, kWork).ok());
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
  options.lease = absl::Hours(1);
  {
    QueueWorker one(options, url, handle);
    QueueWorker two(options, url, handle);
    REQUIRE(
        WaitUntil([&] { return postgres.Ask("shopping", "SELECT count(*) FROM work") == "0"; }));
  }
  REQUIRE(times.size() == 200);
  for (const auto& [id, count] : times) REQUIRE(count == 1);
}

TEST_CASE("relay: failed work comes again, parked work does not, a peer that is down pauses") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate(url, kWork).ok());
  std::atomic<int> calls = 0;
  std::atomic<int> retried = 0;
  std::atomic<int> parked = 0;
  QueueWorker worker(
      Options(), url,
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
  worker.HandOver(items);
  REQUIRE(WaitUntil([&] { return postgres.Ask("shopping", "SELECT count(*) FROM work") == "1"; }));
  REQUIRE(retried == 4);
  REQUIRE(parked == 1);
  REQUIRE(postgres.Ask("shopping", "SELECT number FROM work") == "2");
}

TEST_CASE("session: a killed connection and a conflict are tried again") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  postgres::Session session({.database_url = url});
  constexpr postgres::Query kPid{"pid", "SELECT pg_backend_pid()"};
  const auto pid = session.Run(
      [&](postgres::Transaction& transaction) { return transaction.Exec(kPid)[0][0].as<int>(); });
  REQUIRE(pid.ok());
  postgres.Execute("shopping", "SELECT pg_terminate_backend(" + std::to_string(*pid) + ")");
  int runs = 0;
  const auto again = session.Run([&](postgres::Transaction& transaction) {
    if (++runs == 1) throw postgres::Conflict{};
    return transaction.Exec(kPid)[0][0].as<int>();
  });
  REQUIRE(again.ok());
  REQUIRE(*again != *pid);
}

TEST_CASE("session: an error given back rolls back, a wrong statement is INTERNAL") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  REQUIRE(postgres::Migrate(url, kWork).ok());
  postgres::Session session({.database_url = url});
  const auto refused = session.Run([&](postgres::Transaction& transaction) -> absl::StatusOr<int> {
    WorkTable(absl::ZeroDuration()).Insert(transaction, {Item(1, 1)});
    return absl::NotFoundError("on purpose");
  });
  REQUIRE(refused.status().code() == absl::StatusCode::kNotFound);
  REQUIRE(postgres.Ask("shopping", "SELECT count(*) FROM work") == "0");
  constexpr postgres::Query kWrong{"wrong", "SELECT * FROM nowhere"};
  const auto wrong = session.Run(
      [&](postgres::Transaction& transaction) { return transaction.Exec(kWrong).size(); });
  REQUIRE(wrong.status().code() == absl::StatusCode::kInternal);
}

TEST_CASE(
    "migrations: several replicas start at once, and an older binary refuses a newer database") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("shopping");
  std::vector<std::thread> replicas;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    replicas.emplace_back([&] {
      if (postgres::Migrate(url, kWork).ok()) ++good;
    });
  }
  for (std::thread& replica : replicas) replica.join();
  REQUIRE(good == 4);
  REQUIRE(postgres.Ask("shopping", "SELECT count(*) FROM schema_migrations") == "1");
  REQUIRE(postgres::Migrate(url, {}).code() == absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tallystick::testing
