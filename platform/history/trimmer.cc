#include "platform/history/trimmer.h"

#include <algorithm>

#include "platform/process/log.h"
#include "platform/relay/work_queue.h"
#include "platform/time/steady.h"

namespace tallystick {
namespace {

// Rows, and trades, that one transaction deals with.
constexpr int64_t kRows = 1000;
constexpr size_t kTrades = 100;

constexpr absl::Duration kShortest = absl::Seconds(1);
constexpr absl::Duration kLongest = absl::Hours(24);

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
    for (const postgres::Retention& retention : options_.retentions) {
      if (retention.max_age > absl::ZeroDuration() && TakesTurn(retention.name)) Trim(retention);
    }
    lock.Lock();
  }
}

bool Trimmer::TakesTurn(const std::string& name) {
  if (Stopping()) return false;
  const auto taken = session_.Run([&](postgres::Transaction& transaction) {
    return postgres::TakeTrimTurn(transaction, name, options_.interval * 0.9);
  });
  return taken.ok() && *taken;
}

void Trimmer::TrimHistory() {
  absl::Duration length = kShortest;
  while (!Stopping()) {
    const auto window = session_.Run([&](postgres::Transaction& transaction) {
      return postgres::NextTrimWindow(transaction, length, options_.history_max_age);
    });
    absl::Status status = window.status();
    if (status.ok()) {
      if (!window->has_value()) return;
      status = TrimTo(**window);
      if (Stopping()) return;
    }
    if (!status.ok()) {
      log::Warn("cannot trim the history", {{"reason", status.message()}});
      return;
    }
    // As much time as has some hundred trades.
    length = (*window)->last.size() < kTrades ? length * 2 : length / 2;
    length = std::clamp(length, kShortest, kLongest);
  }
}

absl::Status Trimmer::TrimTo(const postgres::TrimWindow& window) {
  const std::span<const postgres::Position> last = window.last;
  for (size_t at = 0; at < last.size(); at += kTrades) {
    if (Stopping()) return absl::OkStatus();
    const absl::Status status = TrimIsolated(last.subspan(at, std::min(kTrades, last.size() - at)));
    if (!status.ok()) return status;
  }
  return session_
      .Run([&](postgres::Transaction& transaction) {
        postgres::AdvanceTrim(transaction, window.end);
        return true;
      })
      .status();
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
        std::map<Uuid, std::set<int64_t>> unreported;
        if (options_.report_queue) {
          std::vector<Uuid> ids;
          for (const postgres::Position& place : last) ids.push_back(place.trading_id);
          unreported = WorkTable::NumbersOf(transaction, *options_.report_queue, ids);
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

void Trimmer::Trim(const postgres::Retention& retention) {
  int64_t deleted = kRows;
  while (deleted == kRows && !Stopping()) {
    const auto count = session_.Run([&](postgres::Transaction& transaction) {
      return postgres::DeleteOld(transaction, retention, kRows);
    });
    if (!count.ok()) {
      log::Warn("cannot trim", {{"table", retention.table}, {"reason", count.status().message()}});
      return;
    }
    deleted = *count;
  }
}

}  // namespace tallystick
