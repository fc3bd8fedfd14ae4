#include "platform/history/change_hub.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/process/log.h"

namespace tallystick {
namespace {

absl::Status ServerStops() { return absl::UnavailableError("the server stops; call again"); }

}  // namespace

ChangeHub::ChangeHub(ChangeHubOptions options, const postgres::Database& database)
    : options_(std::move(options)),
      session_({.database = database, .durable = false}),
      thread_([this] { Loop(); }) {}

ChangeHub::~ChangeHub() { Stop(); }

absl::Status ChangeHub::Enter() {
  MutexLock lock(mutex_);
  if (stopping_) return ServerStops();
  if (watchers_ >= options_.max_watchers) {
    return MakeError(
        absl::StatusCode::kResourceExhausted, "TOO_MANY_WATCHES",
        absl::StrCat("the server has ", watchers_, " watches of all changes already; try later"));
  }
  ++watchers_;
  return absl::OkStatus();
}

void ChangeHub::Exit() {
  MutexLock lock(mutex_);
  --watchers_;
}

void ChangeHub::Wait(ChangeWatcher* watcher, ChangeQuery query, bool at_once, SteadyTime begin) {
  absl::Status end;
  {
    MutexLock lock(mutex_);
    const bool is_old = begin < SteadyAfter(-options_.max_age);
    if (!stopping_ && !is_old) {
      waiting_[watcher] = {std::move(query), at_once, at_once, begin, ++turns_};
      look_ = look_ || at_once;
      changed_.NotifyOne();
      return;
    }
    if (stopping_) end = ServerStops();
  }
  watcher->OnEnd(end);
}

bool ChangeHub::Leave(ChangeWatcher* watcher) {
  MutexLock lock(mutex_);
  return waiting_.erase(watcher) > 0;
}

bool ChangeHub::LeaveTurn(ChangeWatcher* watcher, uint64_t turn) {
  MutexLock lock(mutex_);
  const auto found = waiting_.find(watcher);
  if (found == waiting_.end() || found->second.turn != turn) return false;
  waiting_.erase(found);
  return true;
}

void ChangeHub::GoOn(const Due& due, ChangeCursor cursor) {
  MutexLock lock(mutex_);
  const auto found = waiting_.find(due.watcher);
  if (found == waiting_.end() || found->second.turn != due.turn) return;
  found->second.query.cursor = std::move(cursor);
}

void ChangeHub::Stop() {
  std::vector<std::pair<ChangeWatcher*, uint64_t>> left;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    for (const auto& [watcher, waiting] : waiting_) left.emplace_back(watcher, waiting.turn);
  }
  changed_.NotifyAll();
  for (const auto& [watcher, turn] : left) {
    if (LeaveTurn(watcher, turn)) watcher->OnEnd(ServerStops());
  }
}

std::vector<ChangeHub::Due> ChangeHub::TakeDue(bool all) {
  std::vector<Due> due;
  for (auto& [watcher, waiting] : waiting_) {
    if (all || waiting.look_now) {
      due.push_back({watcher, waiting.turn, waiting.query, waiting.at_once});
    }
    waiting.look_now = false;
  }
  look_ = false;
  return due;
}

void ChangeHub::Loop() {
  SteadyTime next_look = SteadyAfter(options_.look_interval);
  MutexLock lock(mutex_);
  while (!stopping_) {
    while (!stopping_ && !look_ && SteadyNow() < next_look) {
      // Nobody waits, most of the time.
      changed_.WaitUntil(mutex_, waiting_.empty() ? kNeverSteady : next_look);
    }
    if (stopping_) return;
    const bool all = SteadyNow() >= next_look;
    if (all) next_look = SteadyAfter(options_.look_interval);
    const std::vector<Due> due = TakeDue(all);
    lock.Unlock();
    for (const Due& one : due) Look(one);
    if (all) EndOld();
    lock.Lock();
  }
}

void ChangeHub::Look(const Due& due) {
  absl::StatusOr<ChangePage> page = ReadChanges(session_, options_.source, due.query);
  if (!page.ok()) {
    if (absl::IsUnavailable(page.status()) || absl::IsAborted(page.status())) {
      log::Warn("cannot look for changes", {{"reason", page.status().message()}});
    } else if (LeaveTurn(due.watcher, due.turn)) {
      due.watcher->OnEnd(page.status());
    }
    return;
  }
  if (page->changes.empty() && !due.at_once) return GoOn(due, std::move(page->next));
  if (LeaveTurn(due.watcher, due.turn)) due.watcher->OnPage(*std::move(page));
}

void ChangeHub::EndOld() {
  std::vector<std::pair<ChangeWatcher*, uint64_t>> old;
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
