#include "platform/history/watch_hub.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/process/log.h"

namespace tallystick {

WatchHub::WatchHub(WatchHubOptions options, const postgres::Database& database)
    : options_(options),
      session_({.database = database, .durable = false}),
      thread_([this] { Loop(); }) {}

WatchHub::~WatchHub() { Stop(); }

absl::Status WatchHub::Enter() {
  MutexLock lock(mutex_);
  if (stopping_) return absl::UnavailableError("the server stops; call again");
  if (watchers_ >= options_.max_watchers) {
    return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHES",
                     absl::StrCat("the server has ", watchers_, " watches already; try later"));
  }
  ++watchers_;
  return absl::OkStatus();
}

void WatchHub::Exit() {
  MutexLock lock(mutex_);
  --watchers_;
}

void WatchHub::Wait(Watcher* watcher, const Uuid& trading_id, int64_t after_revision,
                    SteadyTime begin) {
  bool ended;
  {
    MutexLock lock(mutex_);
    ended = stopping_;
    if (!ended) {
      waiting_[watcher] = {{trading_id, after_revision}, begin, ++turns_};
      by_trade_.emplace(trading_id, watcher);
      look_ = true;
    }
  }
  if (ended) {
    watcher->OnEnd(absl::UnavailableError("the server stops; call again"));
  } else {
    changed_.NotifyOne();
  }
}

void WatchHub::Erase(std::map<Watcher*, Waiting>::iterator at) {
  const auto [begin, end] = by_trade_.equal_range(at->second.place.trading_id);
  for (auto trade = begin; trade != end; ++trade) {
    if (trade->second != at->first) continue;
    by_trade_.erase(trade);
    break;
  }
  waiting_.erase(at);
}

bool WatchHub::Leave(Watcher* watcher) {
  MutexLock lock(mutex_);
  const auto found = waiting_.find(watcher);
  if (found == waiting_.end()) return false;
  Erase(found);
  return true;
}

bool WatchHub::LeaveTurn(Watcher* watcher, uint64_t turn) {
  MutexLock lock(mutex_);
  const auto found = waiting_.find(watcher);
  if (found == waiting_.end() || found->second.turn != turn) return false;
  Erase(found);
  return true;
}

void WatchHub::Nudge(const std::vector<Uuid>& changed) {
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) return;
    for (const Uuid& id : changed) {
      const auto [begin, end] = by_trade_.equal_range(id);
      for (auto at = begin; at != end; ++at) {
        waiting_[at->second].look_now = true;
        look_ = true;
      }
    }
    if (!look_) return;
  }
  changed_.NotifyOne();
}

void WatchHub::Stop() {
  std::vector<std::pair<Watcher*, uint64_t>> left;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const auto& [watcher, waiting] : waiting_) left.emplace_back(watcher, waiting.turn);
  }
  changed_.NotifyAll();
  for (const auto& [watcher, turn] : left) {
    if (LeaveTurn(watcher, turn)) {
      watcher->OnEnd(absl::UnavailableError("the server stops; call again"));
    }
  }
}

std::vector<WatchHub::Due> WatchHub::TakeDue(bool all) {
  std::vector<Due> due;
  for (auto& [watcher, waiting] : waiting_) {
    if (all || waiting.look_now) due.push_back({watcher, waiting.turn, waiting.place});
    waiting.look_now = false;
  }
  look_ = false;
  return due;
}

void WatchHub::Loop() {
  SteadyTime next_look = SteadyAfter(options_.look_interval);
  MutexLock lock(mutex_);
  while (!stopping_) {
    while (!stopping_ && !look_ && SteadyNow() < next_look) {
      changed_.WaitUntil(mutex_, next_look);
    }
    if (stopping_) return;
    const bool all = SteadyNow() >= next_look;
    if (all) next_look = SteadyAfter(options_.look_interval);
    const std::vector<Due> due = TakeDue(all);
    lock.Unlock();
    for (size_t at = 0; at < due.size(); at += options_.max_trades) {
      Look(std::span(due).subspan(at, std::min(options_.max_trades, due.size() - at)));
    }
    if (all) EndOld();
    lock.Lock();
  }
}

// The history is asked once a trade, from the lowest place that somebody waits at.
void WatchHub::Look(std::span<const Due> due) {
  std::map<Uuid, int64_t> lowest;
  for (const Due& one : due) {
    const auto [at, fresh] = lowest.emplace(one.place.trading_id, one.place.revision);
    if (!fresh) at->second = std::min(at->second, one.place.revision);
  }
  std::vector<postgres::Position> places;
  places.reserve(lowest.size());
  for (const auto& [trading_id, revision] : lowest) places.push_back({trading_id, revision});
  const auto found = session_.Run([&](postgres::Transaction& transaction) {
    return postgres::LoadHistoryAfter(transaction, places, options_.max_entries);
  });
  if (!found.ok()) {
    log::Warn("cannot look for changes", {{"reason", found.status().message()}});
    return;
  }
  std::map<Uuid, std::vector<const postgres::HistoryEntry*>> by_trade;
  for (const postgres::HistoryEntry& entry : *found) by_trade[entry.trading_id].push_back(&entry);
  for (const Due& one : due) {
    std::vector<postgres::HistoryEntry> entries;
    for (const postgres::HistoryEntry* entry : by_trade[one.place.trading_id]) {
      if (entry->revision > one.place.revision) entries.push_back(*entry);
    }
    if (!entries.empty() && LeaveTurn(one.watcher, one.turn)) {
      one.watcher->OnChanges(std::move(entries));
    }
  }
}

void WatchHub::EndOld() {
  std::vector<std::pair<Watcher*, uint64_t>> old;
  {
    MutexLock lock(mutex_);
    const SteadyTime oldest = SteadyAfter(-options_.max_age);
    for (const auto& [watcher, waiting] : waiting_) {
      if (waiting.begin < oldest) old.emplace_back(watcher, waiting.turn);
    }
  }
  for (const auto& [watcher, turn] : old) {
    if (LeaveTurn(watcher, turn)) watcher->OnEnd(absl::OkStatus());
  }
}

}  // namespace tallystick
