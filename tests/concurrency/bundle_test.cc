// Bundles of due work and the workers that have them in hand, on a real PostgreSQL.
#include <atomic>
#include <map>
#include <mutex>

#include "platform/relay/bundle.h"
#include "services/payment/migrations.h"
#include "tests/support/due_work.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {
namespace {

// Items of one commit that may share rows.
std::vector<WorkItem> Together(int count) {
  std::vector<WorkItem> items;
  for (int trade = 1; trade <= count; ++trade) {
    items.push_back(Item(trade, 1));
    items.back().shares_row = true;
  }
  return items;
}

std::string Rows(const PrivatePostgres& postgres, const std::string& table) {
  return postgres.Ask("payment", "SELECT count(*) FROM " + table);
}

TEST_CASE("bundles: what one commit causes shares rows, which go when all of it is done") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  const std::vector<WorkItem> items = Insert(url, Together(250), absl::Hours(1));
  REQUIRE(Rows(postgres, "work") == "0");
  REQUIRE(Rows(postgres, "bundles") == "2");
  REQUIRE(Rows(postgres, "all_work") == "250");
  std::atomic<int> done = 0;
  QueueWorkerOptions options = Options();
  options.max_batch = 30;
  QueueWorker worker(options, {url}, [&](std::span<const WorkItem> batch) {
    done += static_cast<int>(batch.size());
    return AllDone(batch);
  });
  worker.HandOver(items, SteadyNow());
  REQUIRE(WaitUntil([&] { return Rows(postgres, "bundles") == "0"; }));
  REQUIRE(done == 250);
  REQUIRE(Rows(postgres, "work") == "0");
}

TEST_CASE("bundles: what has to wait gets a row of its own, and what is done stays done") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  const std::vector<WorkItem> items = Insert(url, Together(20), absl::Hours(1));
  std::mutex mutex;
  std::map<Uuid, int> times;
  QueueWorkerOptions options = Options();
  options.max_batch = 6;  // so that some were done before the one that waits
  QueueWorker worker(options, {url}, [&](std::span<const WorkItem> batch) {
    std::lock_guard lock(mutex);
    std::vector<WorkVerdict> verdicts;
    for (const WorkItem& item : batch) {
      ++times[item.trading_id];
      const bool parked = item.trading_id == Item(10, 1).trading_id;
      const bool retried = item.trading_id == Item(15, 1).trading_id && times[item.trading_id] < 3;
      verdicts.push_back({parked    ? WorkVerdict::kParked
                          : retried ? WorkVerdict::kRetry
                                    : WorkVerdict::kDone,
                          {},
                          parked ? "no" : ""});
    }
    return verdicts;
  });
  worker.HandOver(items, SteadyNow());
  REQUIRE(WaitUntil([&] { return Rows(postgres, "all_work") == "1"; }));
  REQUIRE(Waiting(postgres) == "1 true no");
  REQUIRE(Rows(postgres, "bundles") == "0");
  std::lock_guard lock(mutex);
  REQUIRE(times.size() == 20);
  for (const auto& [id, count] : times) {
    REQUIRE(count == (id == Item(15, 1).trading_id ? 3 : 1));
  }
}

TEST_CASE("bundles: what comes again by plan shares rows again") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  const std::vector<WorkItem> items = Insert(url, Together(20), absl::Hours(1));
  std::atomic<int> handled = 0;
  std::atomic<bool> go_on = true;
  QueueWorker worker(Options(), {url}, [&](std::span<const WorkItem> batch) {
    handled += static_cast<int>(batch.size());
    const WorkVerdict again{WorkVerdict::kAgain, absl::Milliseconds(1)};
    return std::vector<WorkVerdict>(batch.size(), go_on ? again : WorkVerdict{});
  });
  worker.HandOver(items, SteadyNow());
  REQUIRE(WaitUntil([&] { return handled >= 100; }));
  REQUIRE(Rows(postgres, "work") == "0");
  REQUIRE(Rows(postgres, "all_work") == "20");
  go_on = false;
  REQUIRE(WaitUntil([&] { return Rows(postgres, "bundles") == "0"; }));
}

TEST_CASE("bundles: of a bundle that a dead process left, all is taken over, what was done too") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  const SteadyTime since = SteadyNow();
  const std::vector<WorkItem> items = Insert(url, Together(20), absl::Seconds(2));
  {
    std::atomic<int> handled = 0;
    QueueWorkerOptions options = Options();
    options.max_batch = 5;
    options.lease = absl::Seconds(2);
    QueueWorker dies(options, {url}, [&](std::span<const WorkItem> batch) {
      handled += static_cast<int>(batch.size());
      std::vector<WorkVerdict> verdicts = AllDone(batch);
      if (handled > 5) return std::vector<WorkVerdict>(batch.size(), {WorkVerdict::kUntouched});
      return verdicts;
    });
    dies.HandOver(items, since);
    REQUIRE(WaitUntil([&] { return handled >= 5; }));
  }
  std::mutex mutex;
  std::map<Uuid, int> times;
  bool all_perhaps_begun = true;
  QueueWorker heir(Options(), {url}, [&](std::span<const WorkItem> batch) {
    std::lock_guard lock(mutex);
    for (const WorkItem& item : batch) {
      ++times[item.trading_id];
      all_perhaps_begun = all_perhaps_begun && item.perhaps_begun;
    }
    return AllDone(batch);
  });
  REQUIRE(WaitUntil([&] { return Rows(postgres, "all_work") == "0"; }));
  std::lock_guard lock(mutex);
  REQUIRE(times.size() >= 15);
  REQUIRE(all_perhaps_begun);
}

TEST_CASE("bundles: a bundle that somebody holds leaves the others to be taken") {
  const PrivatePostgres postgres;
  const std::string url = postgres.Url("payment");
  REQUIRE(postgres::Migrate({url}, payment::kMigrations).ok());
  Insert(url, Together(3), absl::ZeroDuration());
  const std::vector<WorkItem> held = Insert(url, Together(7), absl::ZeroDuration());
  pqxx::connection holder(url);
  pqxx::work lock(holder);
  lock.exec("SELECT 1 FROM bundles WHERE bundle = '" + held[0].bundle->id.ToString() +
            "' FOR UPDATE");
  QueueWorker worker(Options(), {url}, AllDone);
  REQUIRE(WaitUntil([&] { return Rows(postgres, "all_work") == "7"; }));
  lock.abort();
  REQUIRE(WaitUntil([&] { return Rows(postgres, "all_work") == "0"; }));
}

}  // namespace
}  // namespace tallystick::testing
