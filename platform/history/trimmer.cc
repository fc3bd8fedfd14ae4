#include "platform/history/trimmer.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "platform/postgres/array.h"
#include "platform/process/log.h"
#include "platform/time/steady.h"

namespace tallystick {
namespace {

using postgres::Query;

// Rows, and trades, that one transaction deals with.
constexpr int64_t kRows = 1000;
constexpr size_t kTrades = 100;

constexpr absl::Duration kShortest = absl::Seconds(1);
constexpr absl::Duration kLongest = absl::Hours(24);

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
constexpr Query kUnreported{"trim_unreported",
                            "SELECT DISTINCT trading_id FROM work WHERE queue = $1 "
                            "AND trading_id = ANY($2::uuid[])"};

}  // namespace

Trimmer::Trimmer(TrimmerOptions options, const postgres::Database& database)
    : options_(std::move(options)),
      session_({.database = database, .durable = false}),
      thread_([this] { Loop(); }) {}

Trimmer::~Trimmer() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
}

bool Trimmer::Stopping() {
  MutexLock lock(mutex_);
  return stopping_;
}

void Trimmer::Loop() {
  MutexLock lock(mutex_);
  while (true) {
    const SteadyTime next = SteadyAfter(options_.interval);
    while (!stopping_ && SteadyNow() < next) changed_.WaitUntil(mutex_, next);
    if (stopping_) return;
    lock.Unlock();
    if (options_.history_max_age > absl::ZeroDuration() && TakesTurn("history")) TrimHistory();
    for (const Retention& retention : options_.retentions) {
      if (retention.max_age > absl::ZeroDuration() && TakesTurn(retention.name)) Trim(retention);
    }
    lock.Lock();
  }
}

bool Trimmer::TakesTurn(const std::string& name) {
  if (Stopping()) return false;
  const auto taken = session_.Run([&](postgres::Transaction& transaction) {
    return transaction.Exec(kTurn, name, absl::ToInt64Milliseconds(options_.interval * 0.9))
               .affected_rows() == 1;
  });
  return taken.ok() && *taken;
}

void Trimmer::TrimHistory() {
  absl::Duration length = kShortest;
  while (!Stopping()) {
    const auto window = NextWindow(length);
    absl::Status status = window.status();
    if (status.ok()) {
      if (window->end == absl::InfinitePast()) return;
      for (size_t at = 0; status.ok() && at < window->last.size() && !Stopping(); at += kTrades) {
        status = TrimIsolated(
            std::span(window->last).subspan(at, std::min(kTrades, window->last.size() - at)));
      }
      if (Stopping()) return;
    }
    if (status.ok()) {
      status = session_
                   .Run([&](postgres::Transaction& transaction) {
                     return transaction.Exec(kAdvance, absl::ToUnixMillis(window->end)).size();
                   })
                   .status();
    }
    if (!status.ok()) {
      log::Warn("cannot trim the history", {{"reason", status.message()}});
      return;
    }
    // As much time as has some hundred trades.
    length = window->last.size() < kTrades ? length * 2 : length / 2;
    length = std::clamp(length, kShortest, kLongest);
  }
}

absl::StatusOr<Trimmer::Window> Trimmer::NextWindow(absl::Duration length) {
  return session_.Run([&](postgres::Transaction& transaction) {
    const auto row = transaction.Exec(kDoneUntil)[0];
    const absl::Time begin = absl::FromUnixMillis(row[0].as<int64_t>());
    const absl::Time cutoff = absl::FromUnixMillis(row[1].as<int64_t>()) - options_.history_max_age;
    Window window{std::min(begin + length, cutoff), {}};
    if (window.end <= begin) return Window{absl::InfinitePast(), {}};
    for (const auto& trade :
         transaction.Exec(kWindow, absl::ToUnixMillis(begin), absl::ToUnixMillis(window.end))) {
      window.last.push_back({postgres::ReadUuid(trade[0]), trade[1].as<int64_t>()});
    }
    return window;
  });
}

absl::Status Trimmer::TrimIsolated(std::span<const postgres::Position> last) {
  const absl::Status status = TrimTrades(last);
  if (!absl::IsInternal(status)) return status;
  if (last.size() == 1) {
    log::Error("a trade's history is not trimmed",
               {{"trading_id", last[0].trading_id.ToString()}, {"reason", status.message()}});
    return absl::OkStatus();
  }
  const absl::Status first = TrimIsolated(last.first(last.size() / 2));
  return first.ok() ? TrimIsolated(last.subspan(last.size() / 2)) : first;
}

absl::Status Trimmer::TrimTrades(std::span<const postgres::Position> last) {
  return session_
      .Run([&](postgres::Transaction& transaction) {
        std::set<Uuid> unreported;
        if (options_.report_queue) {
          for (const auto& row : transaction.Exec(
                   kUnreported, static_cast<int>(*options_.report_queue),
                   postgres::UuidArray(last, [](const postgres::Position& place) -> const Uuid& {
                     return place.trading_id;
                   }))) {
            unreported.insert(postgres::ReadUuid(row[0]));
          }
        }
        std::vector<postgres::Position> places;
        for (const postgres::Position& place : last) {
          if (!unreported.contains(place.trading_id)) places.push_back(place);
        }
        std::vector<postgres::HistoryEntry> bases;
        for (const auto& [key, entries] : LoadPast(transaction, options_.past, places)) {
          bases.push_back({key.first, key.second, absl::InfinitePast(),
                           options_.past.merge ? options_.past.merge(entries) : ""});
        }
        postgres::TrimHistory(transaction, bases);
        return true;
      })
      .status();
}

void Trimmer::Trim(const Retention& retention) {
  const std::string sql = absl::Substitute(
      "DELETE FROM $0 WHERE ($1) IN (SELECT $1 FROM $0 WHERE $2 < now() - $$1 * interval '1 ms' "
      "$3 LIMIT $$2)",
      retention.table, retention.key, retention.time,
      retention.condition.empty() ? "" : "AND " + retention.condition);
  int64_t deleted = kRows;
  while (deleted == kRows && !Stopping()) {
    const auto count = session_.Run([&](postgres::Transaction& transaction) {
      return static_cast<int64_t>(
          transaction.ExecOnce(sql, absl::ToInt64Milliseconds(retention.max_age), kRows)
              .affected_rows());
    });
    if (!count.ok()) {
      log::Warn("cannot trim", {{"table", retention.table}, {"reason", count.status().message()}});
      return;
    }
    deleted = *count;
  }
}

}  // namespace tallystick
