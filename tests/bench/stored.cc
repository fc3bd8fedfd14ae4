#include "tests/bench/stored.h"

#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"

namespace tallystick::bench {
namespace {

// Ids of a time before all others, so that these rows are the older ones.
constexpr char kId[] =
    "(lpad(to_hex(x'019000000000'::bigint + $0), 12, '0') || '8' || substr(md5(($0)::text), 1, 19))"
    "::uuid";

const std::map<std::string, std::string> kStoredTables = {
    {"shopping", "orders"}, {"payment", "payments"}, {"delivery", "deliveries"}};

void Fill(const std::string& url, const std::string& table, int64_t count) {
  pqxx::connection connection(url);
  pqxx::nontransaction work(connection);
  work.exec("SET synchronous_commit = off");
  const std::string id = absl::Substitute(kId, "g");
  // What has ended changes no more, and needs no room for it.
  work.exec("ALTER TABLE " + table + " SET (fillfactor = 100)");
  work.exec(absl::Substitute(
      "INSERT INTO $0 (trading_id, buyer, revision, document, create_time, update_time) "
      "SELECT $1, buyer, revision, document, create_time, update_time FROM generate_series(1, $2) "
      "AS g, (SELECT * FROM $0 WHERE revision > 0 ORDER BY trading_id DESC LIMIT 1) AS last",
      table, id, count));
  work.exec("ALTER TABLE " + table + " SET (fillfactor = 50)");
  work.exec(absl::Substitute(
      "INSERT INTO history (trading_id, revision, change_time, entry) "
      "SELECT $0, revision, change_time, entry FROM generate_series(1, $1) AS g, "
      "(SELECT * FROM history WHERE revision = 1 ORDER BY trading_id DESC LIMIT 1) AS last",
      id, count));
  work.exec(absl::StrCat("VACUUM (ANALYZE) ", table));
  work.exec("VACUUM (ANALYZE) history");
}

}  // namespace

void StoreTrades(BenchStack& stack, int64_t count) {
  std::vector<std::jthread> filling;
  for (const auto& [database, table] : kStoredTables) {
    filling.emplace_back(Fill, stack.postgres().Url(database), table, count);
  }
  filling.clear();
  stack.postgres().Execute("shopping", "CHECKPOINT");
}

std::vector<std::string> StoredTrades(BenchStack& stack, int64_t count, int some) {
  std::vector<std::string> ids;
  pqxx::connection connection(stack.postgres().Url("shopping"));
  pqxx::nontransaction work(connection);
  const std::string some_ids = absl::Substitute(
      "SELECT $0 FROM (SELECT 1 + floor(random() * $1)::bigint AS g FROM generate_series(1, $2)) "
      "AS picked",
      absl::Substitute(kId, "g"), count, some);
  for (const auto& row : work.exec(some_ids)) {
    ids.push_back(row[0].c_str());
  }
  return ids;
}

}  // namespace tallystick::bench
