#include "platform/postgres/change_table.h"

#include <algorithm>
#include <limits>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "platform/postgres/array.h"
#include "platform/postgres/identity.h"
#include "platform/process/log.h"

namespace tallystick::postgres {
namespace {

// A transaction's number is never one of the first three.
constexpr uint64_t kFromBefore = 0;
constexpr ChangePlace kBehindBefore{1, Uuid{}, 0};

// What is told with an entry takes no more.
constexpr int64_t kRowBytes = 256;

// `$0`: the documents; `$1`: which rows; `$2`: their order, of an index. Only the entries that fit
// are read.
constexpr char kPage[] =
    "SELECT page.appended_by::text, page.trading_id, page.revision, "
    "(extract(epoch FROM page.change_time) * 1000)::bigint, page.entry, owner.buyer, page.found "
    "FROM (SELECT next.*, count(*) OVER () AS found, row_number() OVER (ORDER BY $2) AS number, "
    "sum(length(entry) + $3) OVER (ORDER BY $2) AS bytes "
    "FROM (SELECT appended_by, trading_id, revision, change_time, entry FROM history "
    "WHERE $1 ORDER BY $2 LIMIT $$1) AS next) AS page "
    "LEFT JOIN $0 AS owner USING (trading_id) WHERE page.bytes <= $$2 OR page.number = 1 "
    "ORDER BY page.number";
constexpr char kRowsBefore[] =
    "appended_by = '0' AND (trading_id, revision) > ($3::uuid, $4::bigint)";
constexpr char kRowsBetween[] =
    "appended_by > '0' AND appended_by >= $5::xid8 AND appended_by < $6::xid8 "
    "AND (appended_by, trading_id, revision) > ($5::xid8, $3::uuid, $4::bigint)";

constexpr char kInOrder[] =
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text, "
    "NOT EXISTS (SELECT FROM history WHERE appended_by > '0' "
    "AND appended_by >= pg_snapshot_xmax(pg_current_snapshot()) "
    "AND appended_by IS DISTINCT FROM pg_current_xact_id_if_assigned()) "
    "AND NOT EXISTS (SELECT FROM trims "
    "WHERE trimmed_to >= pg_snapshot_xmax(pg_current_snapshot()))";
constexpr Query kHorizon{"changes_horizon", kInOrder};
constexpr Query kBefore{"changes_before",
                        "SELECT appended_by::text FROM history "
                        "WHERE change_time >= to_timestamp($1::bigint / 1000.0) "
                        "ORDER BY change_time LIMIT 1"};
constexpr Query kLast{"changes_last",
                      "SELECT appended_by::text FROM history WHERE appended_by > '0' "
                      "AND appended_by < $1::xid8 ORDER BY appended_by DESC LIMIT 1"};
constexpr Query kTrimmed{"changes_trimmed",
                         "SELECT trimmed_to::text, "
                         "ceil(extract(epoch FROM trimmed_until) * 1000)::bigint "
                         "FROM trims WHERE name = 'history'"};

constexpr char kNumbering[] = "_number_changes";
constexpr char kForgetNumbers[] =
    "ALTER TABLE history DROP COLUMN appended_by; "
    "ALTER TABLE trims DROP COLUMN trimmed_to, DROP COLUMN trimmed_until;";

// So long before a time changes may have begun that are of later.
constexpr absl::Duration kUnderWay = absl::Minutes(2);

uint64_t ReadNumber(const pqxx::field& field) {
  uint64_t number = 0;
  if (!absl::SimpleAtoi(field.c_str(), &number)) throw Unreadable("a transaction's number");
  return number;
}

// Adds what fits into `limits`; whether these are all.
bool AddRows(const pqxx::result& found, const ChangeLimits& limits, std::vector<ChangeRow>& rows) {
  for (const auto& row : found) {
    rows.push_back({{ReadNumber(row[0]), ReadUuid(row[1]), row[2].as<int64_t>()},
                    absl::FromUnixMillis(row[3].as<int64_t>()),
                    row[5].is_null() ? "" : row[5].c_str(),
                    ReadBytes(row[4])});
  }
  if (found.empty()) return true;
  const auto count = found[0][6].as<int64_t>();
  return count < limits.rows && count == static_cast<int64_t>(found.size());
}

std::string PageOf(const std::string& documents, const char* rows, const char* order) {
  return absl::Substitute(kPage, documents, rows, order, kRowBytes);
}

}  // namespace

ChangePlace BehindTransaction(uint64_t transaction) {
  ChangePlace place{transaction, {}, std::numeric_limits<int64_t>::max()};
  place.trading_id.bytes.fill(0xff);
  return place;
}

ChangeHorizon ReadChangeHorizon(Transaction& transaction) {
  ChangeHorizon horizon{ReadIdentity(transaction)};
  const auto row = transaction.Exec(kHorizon)[0];
  horizon.end = ReadNumber(row[0]);
  horizon.is_in_order = row[1].as<bool>();
  return horizon;
}

ChangeRows LoadChanges(Transaction& transaction, const std::string& documents,
                       const ChangePlace& place, uint64_t end, const ChangeLimits& limits) {
  ChangeRows changes;
  ChangePlace from = place;
  if (from.transaction == kFromBefore) {
    const bool all = AddRows(
        transaction.ExecOnce(PageOf(documents, kRowsBefore, "trading_id, revision"), limits.rows,
                             limits.bytes, from.trading_id.ToString(), from.revision),
        limits, changes.rows);
    if (!changes.rows.empty()) {
      changes.next = all ? kBehindBefore : changes.rows.back().place;
      return changes;
    }
    from = kBehindBefore;
  }
  const bool all = AddRows(
      transaction.ExecOnce(PageOf(documents, kRowsBetween, "appended_by, trading_id, revision"),
                           limits.rows, limits.bytes, from.trading_id.ToString(), from.revision,
                           absl::StrCat(from.transaction), absl::StrCat(end)),
      limits, changes.rows);
  changes.at_end = all;
  if (changes.rows.empty()) {
    changes.next = from;
  } else if (all) {
    // And not the horizon: numbers above the last that was committed may be given again after a
    // crash of the database.
    changes.next = BehindTransaction(changes.rows.back().place.transaction);
  } else {
    changes.next = changes.rows.back().place;
  }
  return changes;
}

std::optional<ChangePlace> PlaceBefore(Transaction& transaction, absl::Time time) {
  const pqxx::result first = transaction.Exec(kBefore, absl::ToUnixMillis(time - kUnderWay));
  if (first.empty()) return std::nullopt;
  const uint64_t number = ReadNumber(first[0][0]);
  if (number == kFromBefore) return ChangePlace{};
  return BehindTransaction(number - 1);
}

ChangePlace LastPlace(Transaction& transaction, uint64_t end) {
  const pqxx::result last = transaction.Exec(kLast, absl::StrCat(end));
  return last.empty() ? kBehindBefore : BehindTransaction(ReadNumber(last[0][0]));
}

TrimmedChanges ReadTrimmedChanges(Transaction& transaction) {
  const pqxx::result trimmed = transaction.Exec(kTrimmed);
  if (trimmed.empty()) return {};
  return {ReadNumber(trimmed[0][0]), absl::FromUnixMillis(trimmed[0][1].as<int64_t>())};
}

std::function<void(Transaction&)> KeepChangesInOrder(std::span<const Migration> migrations) {
  const auto numbering = std::ranges::find_if(migrations, [](const Migration& migration) {
    return absl::EndsWith(migration.name, kNumbering);
  });
  return [sql = std::string(numbering->sql)](Transaction& transaction) {
    if (transaction.Exec(kHorizon)[0][1].as<bool>()) return;
    log::Warn("the database was restored from another cluster: its changes count as from before");
    transaction.ExecScript(kForgetNumbers);
    transaction.ExecScript(sql);
  };
}

}  // namespace tallystick::postgres
