// Where those wait who follow all changes of a service. Each has a place of its own and is looked
// for by itself, however few of them come: they are programs of the back office, not buyers.
#pragma once

#include <map>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "platform/history/changes.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/session.h"
#include "platform/time/steady.h"

namespace tallystick {

// Gets one call for each ChangeHub::Wait, from the hub's thread or from Wait; must not block.
class ChangeWatcher {
 public:
  virtual ~ChangeWatcher() = default;
  virtual void OnPage(ChangePage page) = 0;
  // There will be no more: OK when the watch is as old as it may become, UNAVAILABLE when the
  // server stops, and what ReadChanges says that the next look would say, too.
  virtual void OnEnd(absl::Status status) = 0;
};

struct ChangeHubOptions {
  ChangeSource source;
  absl::Duration look_interval = absl::Milliseconds(250);
  absl::Duration max_age = absl::Minutes(10);  // of a watch
  size_t max_watchers = 32;
};

// Thread-safe.
class ChangeHub {
 public:
  ChangeHub(ChangeHubOptions options, const postgres::Database& database);
  ~ChangeHub();
  ChangeHub(const ChangeHub&) = delete;

  // Counts a new watcher. RESOURCE_EXHAUSTED (TOO_MANY_WATCHES) beyond the bound, UNAVAILABLE when
  // stopping.
  absl::Status Enter();
  // The reverse, when it has gone.
  void Exit();

  // `watcher` will be given the next page: as soon as there is a change, or `at_once`, whatever
  // there is. It is called exactly once, unless Leave says otherwise. `begin` is when its watch
  // began.
  void Wait(ChangeWatcher* watcher, ChangeQuery query, bool at_once, SteadyTime begin);
  // True if it was waiting and will not be called any more.
  bool Leave(ChangeWatcher* watcher);

  // Ends all watches. Nobody waits after this.
  void Stop();

 private:
  struct Waiting {
    ChangeQuery query;
    bool at_once;
    bool look_now;
    SteadyTime begin;
    uint64_t turn;  // of this Wait: another watcher may come to live at the same address
  };
  struct Due {
    ChangeWatcher* watcher;
    uint64_t turn;
    ChangeQuery query;
    bool at_once;
  };
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  // Those to look for, now or, at the interval, all.
  std::vector<Due> TakeDue(bool all) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Look(const Due& due) ABSL_LOCKS_EXCLUDED(mutex_);
  // What was found for it is nothing: it goes on from there.
  void GoOn(const Due& due, ChangeCursor cursor) ABSL_LOCKS_EXCLUDED(mutex_);
  void EndOld() ABSL_LOCKS_EXCLUDED(mutex_);
  // Leave, if it still waits in that turn.
  bool LeaveTurn(ChangeWatcher* watcher, uint64_t turn) ABSL_LOCKS_EXCLUDED(mutex_);

  const ChangeHubOptions options_;
  postgres::Session session_;
  Mutex mutex_;
  Condition changed_;
  std::map<ChangeWatcher*, Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t watchers_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t turns_ ABSL_GUARDED_BY(mutex_) = 0;
  bool look_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick
