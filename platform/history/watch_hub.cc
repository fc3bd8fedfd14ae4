#include "platform/history/watch_hub.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/error/error.h"
#include "platform/runtime/log.h"

namespace tallystick {

WatchHub::WatchHub(WatchHubOptions options, const std::string& database_url)
    : options_(options),
      session_({.database_url = database_url, .durable = false}),
      thread_([this] { Loop(); }) {}

WatchHub::~WatchHub() {
  Stop();
  thread_.join();
}

absl::Status WatchHub::Enter() {
  std::lock_guard lock(mutex_);
  if (stopping_) return absl::UnavailableError("the server stops; call again");
  if (watchers_ >= options_.max_watchers) {
    return MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHES",
                     absl::StrCat("the server has ", watchers_, " watches already; try later"));
  }
  ++watchers_;
  return absl::OkStatus();
}

void WatchHub::Exit() {
  std::lock_guard lock(mutex_);
  --watchers_;
}

void WatchHub::Wait(Watcher* watcher, const Uuid& trading_id, int64_t after_revision,
                    absl::Time begin) {
  bool ended;
  {
    std::lock_guard lock(mutex_);
    ended = stopping_;
    if (!ended) {
      waiting_[watcher] = {{trading_id, after_revision}, begin};
      by_trade_.emplace(trading_id, watcher);
      look_ = true;
    }
  }
  if (ended) {
    watcher->OnEnd(absl::UnavailableError("the server stops; call again"));
  } else {
    changed_.notify_one();
  }
}

bool WatchHub::Leave(Watcher* watcher) {
  std::lock_guard lock(mutex_);
  const auto found = waiting_.find(watcher);
  if (found == waiting_.end()) return false;
  const auto [begin, end] = by_trade_.equal_range(found->second.place.trading_id);
  for (auto at = begin; at != end; ++at) {
    if (at->second != watcher) continue;
    by_trade_.erase(at);
    break;
  }
  waiting_.erase(found);
  return true;
}

void WatchHub::Nudge(const std::vector<Uuid>& changed) {
  {
    std::lock_guard lock(mutex_);
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
  changed_.notify_one();
}

void WatchHub::Stop() {
  std::vector<Watcher*> left;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [watcher, waiting] : waiting_) left.push_back(watcher);
  }
  changed_.notify_all();
  for (Watcher* watcher : left) {
    if (Leave(watcher)) watcher->OnEnd(absl::UnavailableError("the server stops; call again"));
  }
}

std::vector<std::pair<Watcher*, postgres::Position>> WatchHub::Due(bool all) {
  std::vector<std::pair<Watcher*, postgres::Position>> due;
  for (auto& [watcher, waiting] : waiting_) {
    if (all || waiting.look_now) due.emplace_back(watcher, waiting.place);
    waiting.look_now = false;
  }
  look_ = false;
  return due;
}

void WatchHub::Loop() {
  absl::Time next_look = absl::Now() + options_.look_interval;
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    changed_.wait_until(lock, absl::ToChronoTime(next_look),
                        [this] { return stopping_ || look_; });
    if (stopping_) return;
    const bool all = absl::Now() >= next_look;
    if (all) next_look = absl::Now() + options_.look_interval;
    const auto due = Due(all);
    lock.unlock();
    if (!due.empty()) Look(due);
    if (all) EndOld();
    lock.lock();
  }
}

void WatchHub::Look(const std::vector<std::pair<Watcher*, postgres::Position>>& due) {
  std::vector<postgres::Position> places;
  for (const auto& [watcher, place] : due) places.push_back(place);
  const auto found = session_.Run([&](postgres::Transaction& transaction) {
    return postgres::LoadHistoryAfter(transaction, places, options_.max_entries);
  });
  if (!found.ok()) {
    log::Warn("cannot look for changes", {{"reason", found.status().message()}});
    return;
  }
  std::map<Uuid, std::vector<const postgres::HistoryEntry*>> by_trade;
  for (const postgres::HistoryEntry& entry : *found) by_trade[entry.trading_id].push_back(&entry);
  for (const auto& [watcher, place] : due) {
    // Several watchers of one trade may be at different places.
    std::vector<postgres::HistoryEntry> entries;
    for (const postgres::HistoryEntry* entry : by_trade[place.trading_id]) {
      const int64_t next =
          entries.empty() ? place.revision + 1 : entries.back().revision + 1;
      if (entry->revision == next) entries.push_back(*entry);
    }
    if (!entries.empty() && Leave(watcher)) watcher->OnChanges(std::move(entries));
  }
}

void WatchHub::EndOld() {
  std::vector<Watcher*> old;
  {
    std::lock_guard lock(mutex_);
    const absl::Time oldest = absl::Now() - options_.max_age;
    for (const auto& [watcher, waiting] : waiting_) {
      if (waiting.begin < oldest) old.push_back(watcher);
    }
  }
  for (Watcher* watcher : old) {
    if (Leave(watcher)) watcher->OnEnd(absl::OkStatus());
  }
}

}  // namespace tallystick
