#include "tests/faults/motion.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr absl::Duration kLook = absl::Milliseconds(250);

}  // namespace

const char* TableOf(const std::string& database) {
  return database == "shopping" ? "orders" : database == "payment" ? "payments" : "deliveries";
}

WorkUnderWay LookForWork(const Database& database) {
  WorkUnderWay work;
  for (const std::string name : kDatabases) {
    pqxx::connection connection(database.Url(name));
    pqxx::nontransaction transaction(connection);
    for (const auto& row : transaction.exec(
             absl::StrCat("SELECT trading_id, queue, number, coalesce(revision, 0) FROM all_work "
                          "LEFT JOIN ",
                          TableOf(name), " USING (trading_id) WHERE attempts < 1000000",
                          // Only a capture at a date may be due much later.
                          name == "payment" ? " AND NOT (queue = 3 AND due_time > now() + "
                                              "interval '10 minutes')"
                                            : ""))) {
      work[{name, row[0].c_str(), row[1].as<int>(), row[2].as<int64_t>()}] = row[3].as<int64_t>();
    }
  }
  return work;
}

std::set<std::string> TradesOf(const WorkUnderWay& work) {
  std::set<std::string> trades;
  for (const auto& [key, revision] : work) trades.insert(std::get<1>(key));
  return trades;
}

std::set<std::string> TradesChanged(const Database& database, const std::string& since) {
  std::set<std::string> trades;
  for (const std::string name : kDatabases) {
    pqxx::connection connection(database.Url(name));
    pqxx::nontransaction transaction(connection);
    for (const auto& row : transaction.exec(
             "SELECT DISTINCT trading_id FROM history WHERE change_time >= '" + since + "'")) {
      trades.insert(row[0].c_str());
    }
  }
  return trades;
}

std::string DatabaseTime(const Database& database) {
  return AskDatabase(database.Url("shopping"), "SELECT now()");
}

Moved WaitUntilMoved(const Database& database, WorkUnderWay work, absl::Duration limit) {
  Moved moved;
  const absl::Time begin = absl::Now();
  while (!work.empty()) {
    const WorkUnderWay now = LookForWork(database);
    const absl::Duration passed = absl::Now() - begin;
    for (auto it = work.begin(); it != work.end();) {
      const auto found = now.find(it->first);
      if (found != now.end() && found->second == it->second) {
        ++it;
        continue;
      }
      moved.took.push_back(passed);
      it = work.erase(it);
    }
    if (passed > limit) break;
    if (!work.empty()) absl::SleepFor(kLook);
  }
  moved.still = std::move(work);
  return moved;
}

std::string ToString(const WorkUnderWay::key_type& work) {
  const auto& [database, trading_id, queue, number] = work;
  return absl::StrCat(database, "'s work ", queue, "/", number, " of ", trading_id);
}

bool WaitUntilQuiet(const Database& database, absl::Duration limit) {
  // The databases are looked at one after the other: what has just left the last one to go to the
  // first is seen in neither, but not several times in a row.
  constexpr int kLooks = 3;
  int empty = 0;
  return testing::WaitUntil(
      [&] {
        empty = LookForWork(database).empty() ? empty + 1 : 0;
        return empty == kLooks;
      },
      limit);
}

}  // namespace tallystick::faults
