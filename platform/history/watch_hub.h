// Where watchers of trades wait for the next revisions. Changes that this process commits are told
// at once; those of other replicas are found by looking, for all watchers with one query.
#pragma once

#include <map>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/history_table.h"
#include "platform/postgres/session.h"
#include "platform/time/steady.h"

namespace tallystick {

// Gets one call for each WatchHub::Wait, from the hub's thread; must not block.
class Watcher {
 public:
  virtual ~Watcher() = default;
  // The next revisions, at least one, in order.
  virtual void OnChanges(std::vector<postgres::HistoryEntry> entries) = 0;
  // There will be no more: OK when the watch is as old as it may become, UNAVAILABLE when the
  // server stops.
  virtual void OnEnd(absl::Status status) = 0;
};

struct WatchHubOptions {
  absl::Duration look_interval = absl::Milliseconds(250);  // for other replicas' changes
  absl::Duration max_age = absl::Minutes(10);              // of a watch
  size_t max_watchers = 10'000;
  // A look holds at most so many statuses, each of which may be large.
  int64_t max_entries = 20;  // given at a time
  size_t max_trades = 50;    // looked for with one query
};

// Thread-safe.
class WatchHub {
 public:
  WatchHub(WatchHubOptions options, const postgres::Database& database);
  ~WatchHub();
  WatchHub(const WatchHub&) = delete;

  // Counts a new watcher. RESOURCE_EXHAUSTED (TOO_MANY_WATCHES) beyond the bound, UNAVAILABLE when
  // stopping.
  absl::Status Enter();
  // The reverse, when it has gone.
  void Exit();

  // `watcher` will be told what comes after `after_revision`. It is called exactly once, unless
  // Leave says otherwise. `begin` is when its watch began.
  void Wait(Watcher* watcher, const Uuid& trading_id, int64_t after_revision, SteadyTime begin);
  // True if it was waiting and will not be called any more.
  bool Leave(Watcher* watcher);

  // These trades have changed.
  void Nudge(const std::vector<Uuid>& changed);

  // Ends all watches. Nobody waits after this.
  void Stop();

 private:
  struct Waiting {
    postgres::Position place;
    SteadyTime begin;
    uint64_t turn = 0;  // of this Wait: another watcher may come to live at the same address
    bool look_now = true;
  };
  struct Due {
    Watcher* watcher;
    uint64_t turn;
    postgres::Position place;
  };
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Those to look for, now or, at the interval, all.
  std::vector<Due> TakeDue(bool all) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Look(std::span<const Due> due) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndOld() ABSL_LOCKS_EXCLUDED(mutex_);
  // Leave, if it still waits in that turn.
  bool LeaveTurn(Watcher* watcher, uint64_t turn) ABSL_LOCKS_EXCLUDED(mutex_);
  void Erase(std::map<Watcher*, Waiting>::iterator at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const WatchHubOptions options_;
  postgres::Session session_;
  Mutex mutex_;
  Condition changed_;
  std::map<Watcher*, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  std::multimap<Uuid, Watcher*> by_trade_ ABSL_GUARDED_BY(mutex_);
  size_t watchers_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick
