#include "platform/postgres/trim_table.h"

#include <algorithm>

#include "absl/strings/substitute.h"
#include "platform/postgres/array.h"

namespace tallystick::postgres {
namespace {

// A turn that was set when the interval was longer does not hold.
constexpr Query kTurn{"trim_turn",
                      "UPDATE trims SET next_time = now() + $2 * interval '1 ms' "
                      "WHERE name = $1 AND (next_time <= now() "
                      "OR next_time > now() + $2 * interval '1 ms')"};
// How far the history was trimmed before, and the time now.
constexpr Query kDoneUntil{
    "trim_done_until",
    "SELECT floor(extract(epoch FROM done_until) * 1000)::bigint, "
    "floor(extract(epoch FROM now()) * 1000)::bigint FROM trims WHERE name = 'history'"};
constexpr Query kWindow{"trim_window",
                        "SELECT trading_id, max(revision) FROM history "
                        "WHERE change_time >= to_timestamp($1::bigint / 1000.0) "
                        "AND change_time < to_timestamp($2::bigint / 1000.0) GROUP BY trading_id"};
constexpr Query kAdvance{"trim_advance",
                         "UPDATE trims SET done_until = to_timestamp($1::bigint / 1000.0) "
                         "WHERE name = 'history'"};
constexpr char kDeleteOld[] =
    "DELETE FROM $0 WHERE ($1) IN (SELECT $1 FROM $0 WHERE $2 < now() - $$1 * interval '1 ms' "
    "$3 LIMIT $$2)";

}  // namespace

bool TakeTrimTurn(Transaction& transaction, const std::string& name, absl::Duration interval) {
  return transaction.Exec(kTurn, name, absl::ToInt64Milliseconds(interval)).affected_rows() == 1;
}

std::optional<TrimWindow> NextTrimWindow(Transaction& transaction, absl::Duration length,
                                         absl::Duration max_age) {
  const auto row = transaction.Exec(kDoneUntil)[0];
  const absl::Time begin = absl::FromUnixMillis(row[0].as<int64_t>());
  const absl::Time cutoff = absl::FromUnixMillis(row[1].as<int64_t>()) - max_age;
  TrimWindow window{std::min(begin + length, cutoff), {}};
  if (window.end <= begin) return std::nullopt;
  for (const auto& trade :
       transaction.Exec(kWindow, absl::ToUnixMillis(begin), absl::ToUnixMillis(window.end))) {
    window.last.push_back({ReadUuid(trade[0]), trade[1].as<int64_t>()});
  }
  return window;
}

void AdvanceTrim(Transaction& transaction, absl::Time done_until) {
  transaction.Exec(kAdvance, absl::ToUnixMillis(done_until));
}

int64_t DeleteOld(Transaction& transaction, const Retention& retention, int64_t limit) {
  const std::string sql =
      absl::Substitute(kDeleteOld, retention.table, retention.key, retention.time,
                       retention.condition.empty() ? "" : "AND " + retention.condition);
  return static_cast<int64_t>(
      transaction.ExecOnce(sql, absl::ToInt64Milliseconds(retention.max_age), limit)
          .affected_rows());
}

}  // namespace tallystick::postgres
