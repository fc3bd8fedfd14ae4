// What befalls single rows: somebody locks them, or they are none.
#include <memory>
#include <pqxx/pqxx>
#include <set>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/faults.h"
#include "tests/faults/motion.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr absl::Duration kOthersPatience = absl::Minutes(1);
constexpr int64_t kMoreOrders = 10;

using Trades = std::set<std::string>;

// While the rows of some trades stay as they are, the other trades move on and orders are taken.
// Throws std::runtime_error when they are not within a minute.
void DemandThatOthersGoOn(const Database& database, const Trades& concerned) {
  WorkUnderWay work = LookForWork(database);
  std::erase_if(work, [&](const auto& one) { return concerned.contains(std::get<1>(one.first)); });
  const auto orders = [&] {
    return std::stoll(
        AskDatabase(database.Url("shopping"), "SELECT count(*) FROM orders WHERE revision > 0"));
  };
  const int64_t before = orders();
  const Moved moved = WaitUntilMoved(database, std::move(work), kOthersPatience);
  if (!moved.still.empty()) {
    throw std::runtime_error(absl::StrCat(moved.still.size(), " others stood still, such as ",
                                          ToString(moved.still.begin()->first)));
  }
  if (!testing::WaitUntil([&] { return orders() > before + kMoreOrders; }, kOthersPatience)) {
    throw std::runtime_error("no orders were taken meanwhile");
  }
}

// A session that holds the rows that one statement locks until it ends; the statement gives the
// trades whose they are.
class Locker {
 public:
  Locker(const std::string& url, const std::string& sql) : connection_(url), work_(connection_) {
    work_.exec("SET LOCAL lock_timeout = '2s'");
    for (const auto& row : work_.exec(sql)) trades_.insert(row[0].c_str());
  }
  const Trades& trades() const { return trades_; }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
  Trades trades_;
};

// `concerned` gives the shop's trades that need those rows, if they are not the trades' own.
Fault Lock(std::string name, std::string what, int seconds, int short_seconds,
           std::vector<std::pair<std::string, std::string>> statements,
           const std::string& concerned_sql = "") {
  const auto strike = [statements, concerned_sql](Stage& stage) {
    std::vector<std::unique_ptr<Locker>> lockers;
    Trades concerned;
    // There may be nothing to lock at the moment, or somebody else has it.
    const auto lock = [&](const std::string& database, const std::string& sql) {
      try {
        auto locker = std::make_unique<Locker>(stage.cluster.database().Url(database), sql);
        if (locker->trades().empty()) return false;
        concerned.insert(locker->trades().begin(), locker->trades().end());
        lockers.push_back(std::move(locker));
        return true;
      } catch (const pqxx::sql_error&) {
        return false;
      }
    };
    for (const auto& [database, sql] : statements) {
      const std::string& at = database;
      const std::string& with = sql;
      testing::WaitUntil([&] { return lock(at, with); }, absl::Seconds(5));
    }
    absl::SleepFor(stage.hold);
    if (!concerned_sql.empty()) {
      pqxx::connection connection(stage.cluster.database().Url("shopping"));
      pqxx::nontransaction read(connection);
      for (const auto& row : read.exec(concerned_sql)) concerned.insert(row[0].c_str());
    }
    DemandThatOthersGoOn(stage.cluster.database(), concerned);
    return static_cast<int>(lockers.size());
  };
  return {std::move(name), std::move(what), seconds, short_seconds, strike};
}

// Rows that are put in the way, and taken away however this ends.
class Poison {
 public:
  explicit Poison(const Database& database) : database_(database) {}
  ~Poison() {
    for (const auto& [name, remove] : removals_) {
      try {
        AskDatabase(database_.Url(name), remove);
      } catch (const std::exception&) {  // the audit will find it
      }
    }
  }
  // `insert` gives the trade that it concerns, or nothing: then it is tried again for some time.
  void Put(const std::string& name, const std::string& insert, const std::string& remove) {
    std::string id;
    testing::WaitUntil(
        [&] {
          id = AskDatabase(database_.Url(name), insert);
          return !id.empty();
        },
        absl::Seconds(5));
    if (id.empty()) return;
    trades_.insert(id);
    removals_.emplace_back(name, absl::StrCat(remove, " AND trading_id = '", id, "'"));
  }
  const Trades& trades() const { return trades_; }

 private:
  const Database& database_;
  Trades trades_;
  std::vector<std::pair<std::string, std::string>> removals_;
};

// Work of no trade that nobody can read, in every queue that has a reader.
int PoisonWork(Stage& stage) {
  const std::vector<std::pair<std::string, int>> queues = {
      {"shopping", 1}, {"shopping", 2}, {"payment", 1}, {"delivery", 1}};
  Poison poison(stage.cluster.database());
  for (const auto& [database, queue] : queues) {
    poison.Put(database,
               absl::StrCat("INSERT INTO work (trading_id, queue, number, due_time, payload) "
                            "VALUES (gen_random_uuid(), ",
                            queue, ", 1, now(), '\\xffffffff') RETURNING trading_id"),
               absl::StrCat("DELETE FROM work WHERE queue = ", queue));
  }
  absl::SleepFor(stage.hold);
  DemandThatOthersGoOn(stage.cluster.database(), poison.trades());
  return static_cast<int>(poison.trades().size());
}

// A stray revision in the way of a trade: its next change cannot be written while it is there.
int PoisonHistory(Stage& stage) {
  const std::vector<std::pair<std::string, std::string>> tables = {
      {"shopping", "orders"}, {"payment", "payments"}, {"delivery", "deliveries"}};
  Poison poison(stage.cluster.database());
  for (const auto& [database, table] : tables) {
    poison.Put(database,
               absl::StrCat("INSERT INTO history (trading_id, revision, change_time, entry) "
                            "SELECT trading_id, revision + 1, now(), '\\x' FROM ",
                            table,
                            " ORDER BY update_time DESC LIMIT 1 ON CONFLICT DO NOTHING "
                            "RETURNING trading_id"),
               "DELETE FROM history WHERE entry = '\\x'");
  }
  absl::SleepFor(stage.hold);
  DemandThatOthersGoOn(stage.cluster.database(), poison.trades());
  return static_cast<int>(poison.trades().size());
}

}  // namespace

std::vector<Fault> RowFaults() {
  return {
      Lock("lock-product", "a session holds the rows of two products", 20, 0,
           {{"shopping", "SELECT sku FROM products WHERE sku IN ('ITEM-3', 'ITEM-8') FOR UPDATE"}},
           // Whose goods come back, or are written off, changes the stock.
           "SELECT trading_id FROM orders WHERE position('ITEM-3'::bytea IN document) > 0 "
           "OR position('ITEM-8'::bytea IN document) > 0"),
      Lock("lock-order", "a session holds a trade's row in each database", 20, 5,
           {{"shopping",
             "SELECT trading_id FROM orders WHERE revision > 0 ORDER BY update_time DESC LIMIT 1 "
             "FOR UPDATE"},
            {"payment",
             "SELECT trading_id FROM payments ORDER BY update_time DESC LIMIT 1 FOR UPDATE"},
            {"delivery",
             "SELECT trading_id FROM deliveries ORDER BY update_time DESC LIMIT 1 FOR UPDATE"}}),
      Lock("lock-work", "a session holds a row of work in each database", 20, 0,
           {{"shopping", "SELECT trading_id FROM work LIMIT 1 FOR UPDATE"},
            {"payment", "SELECT trading_id FROM work WHERE attempts < 1000000 LIMIT 1 FOR UPDATE"},
            {"delivery", "SELECT trading_id FROM work LIMIT 1 FOR UPDATE"}}),
      Lock("lock-bundle", "a session holds a bundle of work in each database", 20, 0,
           {{"shopping", "SELECT trading_ids[1] FROM bundles LIMIT 1 FOR UPDATE"},
            {"payment", "SELECT trading_ids[1] FROM bundles LIMIT 1 FOR UPDATE"},
            {"delivery", "SELECT trading_ids[1] FROM bundles LIMIT 1 FOR UPDATE"}}),
      {"poison-work", "work that nobody can read lies in every queue", 15, 4, PoisonWork},
      {"poison-history", "a stray revision is in the way of a trade in each database", 15, 0,
       PoisonHistory},
  };
}

}  // namespace tallystick::faults
