// What befalls single rows: somebody locks them, or they are none.
#include <memory>
#include <pqxx/pqxx>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/runtime/uuid.h"
#include "tests/faults/faults.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

// A session that holds the locks of one statement until it ends.
class Locker {
 public:
  Locker(const std::string& url, const std::string& sql) : connection_(url), work_(connection_) {
    rows_ = work_.exec("SET LOCAL lock_timeout = '2s'; " + sql).size();
  }
  size_t rows() const { return rows_; }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
  size_t rows_ = 0;
};

Fault Lock(std::string name, std::string what, int seconds, int short_seconds,
           std::vector<std::pair<std::string, std::string>> statements) {
  const auto strike = [statements](Stage& stage) {
    std::vector<std::unique_ptr<Locker>> lockers;
    int times = 0;
    for (const auto& [database, sql] : statements) {
      // There may be nothing to lock at the moment, or somebody else has it.
      testing::WaitUntil(
          [&, &database = database, &sql = sql] {
            try {
              auto locker = std::make_unique<Locker>(stage.cluster.database().Url(database), sql);
              if (locker->rows() == 0) return false;
              lockers.push_back(std::move(locker));
              ++times;
              return true;
            } catch (const pqxx::sql_error&) {
              return false;
            }
          },
          absl::Seconds(5));
    }
    absl::SleepFor(stage.hold);
    return times;
  };
  return {std::move(name), std::move(what), seconds, short_seconds, strike};
}

// Work of no trade that nobody can read, in every queue that has a reader.
int PoisonWork(Stage& stage) {
  const std::vector<std::pair<std::string, int>> queues = {
      {"shopping", 1}, {"shopping", 2}, {"payment", 1}, {"delivery", 1}};
  std::vector<std::pair<std::string, std::string>> poisoned;
  for (const auto& [database, queue] : queues) {
    const std::string id = NewUuidV7(absl::Now()).ToString();
    AskDatabase(stage.cluster.database().Url(database),
                absl::StrCat("INSERT INTO work (trading_id, queue, number, due_time, payload) "
                             "VALUES ('",
                             id, "', ", queue, ", 1, now(), '\\xffffffff')"));
    poisoned.emplace_back(database, id);
  }
  absl::SleepFor(stage.hold);
  for (const auto& [database, id] : poisoned) {
    AskDatabase(stage.cluster.database().Url(database),
                "DELETE FROM work WHERE trading_id = '" + id + "'");
  }
  return static_cast<int>(poisoned.size());
}

// A stray revision in the way of a trade: its next change cannot be written while it is there.
int PoisonHistory(Stage& stage) {
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"shopping", "orders"}, {"payment", "payments"}, {"delivery", "deliveries"}};
  std::vector<std::pair<std::string, std::string>> poisoned;
  for (const auto& [database, table] : tables) {
    const std::string& url_of = database;
    const std::string put = absl::StrCat(
        "INSERT INTO history (trading_id, revision, change_time, entry) "
        "SELECT trading_id, revision + 1, now(), '\\x' FROM ",
        table, " ORDER BY update_time DESC LIMIT 1 ON CONFLICT DO NOTHING RETURNING trading_id");
    std::string id;
    testing::WaitUntil(
        [&] {
          id = AskDatabase(stage.cluster.database().Url(url_of), put);
          return !id.empty();
        },
        absl::Seconds(5));
    if (!id.empty()) poisoned.emplace_back(database, id);
  }
  absl::SleepFor(stage.hold);
  for (const auto& [database, id] : poisoned) {
    AskDatabase(stage.cluster.database().Url(database),
                "DELETE FROM history WHERE trading_id = '" + id + "' AND entry = '\\x'");
  }
  return static_cast<int>(poisoned.size());
}

}  // namespace

std::vector<Fault> RowFaults() {
  return {
      Lock("lock-product", "a session holds the rows of two products", 20, 0,
           {{"shopping", "SELECT 1 FROM products WHERE sku IN ('ITEM-3', 'ITEM-8') FOR UPDATE"}}),
      Lock("lock-order", "a session holds a trade's row in each database", 20, 5,
           {{"shopping", "SELECT 1 FROM orders ORDER BY update_time DESC LIMIT 1 FOR UPDATE"},
            {"payment", "SELECT 1 FROM payments ORDER BY update_time DESC LIMIT 1 FOR UPDATE"},
            {"delivery", "SELECT 1 FROM deliveries ORDER BY update_time DESC LIMIT 1 FOR UPDATE"}}),
      Lock("lock-work", "a session holds a row of work in each database", 20, 0,
           {{"shopping", "SELECT 1 FROM work LIMIT 1 FOR UPDATE"},
            {"payment", "SELECT 1 FROM work WHERE attempts < 1000000 LIMIT 1 FOR UPDATE"},
            {"delivery", "SELECT 1 FROM work LIMIT 1 FOR UPDATE"}}),
      {"poison-work", "work that nobody can read lies in every queue", 15, 4, PoisonWork},
      {"poison-history", "a stray revision is in the way of a trade in each database", 15, 0,
       PoisonHistory},
  };
}

}  // namespace tallystick::faults
