// The worker of one queue: takes what is due in batches, from memory where this process committed
// it and from the table where another one died, and works on it until it is done.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/session.h"
#include "platform/relay/work_queue.h"
#include "platform/time/backoff.h"
#include "platform/time/steady.h"

namespace tallystick {

// What became of one item.
struct WorkVerdict {
  enum Kind {
    kDone,       // never again
    kRetry,      // it did not work yet: again after a backoff, for ever
    kStuck,      // the same, but parked in the end: it does not work by itself, unless earlier work
                 // of its trade does
    kAgain,      // it worked and there is more to do, after `delay`
    kUntouched,  // its turn did not come: again at once
    kParked,     // cannot work: kept in the table, not tried again, for a person to look at
    kRefused,    // a message that its receiver refuses for good: kept in the same way
    kByHand,     // a person does it anyway: kept like kParked, and nothing to be alarmed at
  };
  Kind kind = kDone;
  absl::Duration delay;
  std::string reason;  // of all but kDone and kAgain
};

struct QueueWorkerOptions {
  Queue queue{0, ""};
  size_t max_batch = 500;
  // Of payload; a batch of messages must fit into one call, whose limit is 4 MiB by default.
  size_t max_batch_bytes = 2 * 1024 * 1024;
  // What is handed over beyond these is found in the table.
  size_t max_in_memory = 50'000;
  size_t max_bytes_in_memory = 64 * 1024 * 1024;
  // An item that is stuck, or fails while others do not, is parked when it was tried so often.
  int32_t max_attempts = 30;
  absl::Duration poll_interval = absl::Seconds(1);
  absl::Duration lease = absl::Seconds(10);
  BackoffPolicy backoff;
};

// `handle` runs on the worker's own thread and may block, for less than the lease; it answers each
// item, in order. It must be repeatable: an item may come twice, after a crash or from two
// replicas. An error instead of verdicts means that none of the items was dealt with. If it may be
// one item's fault (see MayBeOneItems), they are handled in halves until that one stands alone: it
// comes again after a backoff, and is parked in the end. Any other error (the peer or the database
// is down) pauses the whole queue for a backoff, and so does one that all of several items meet
// alone.
class QueueWorker {
 public:
  using Handle = std::function<absl::StatusOr<std::vector<WorkVerdict>>(std::span<const WorkItem>)>;

  // `database`: where the work table is. Its own commits need not be durable, since what they
  // lose is only done once more.
  QueueWorker(QueueWorkerOptions options, const postgres::Database& database, Handle handle);
  // See Stop.
  ~QueueWorker();
  QueueWorker(const QueueWorker&) = delete;

  // Call after the commit that inserted the items. Thread-safe; items with a date and those of
  // other queues are ignored.
  void HandOver(const std::vector<WorkItem>& items);

  // Finishes the batch at hand; what is left, and what is handed over after this, stays in the
  // table.
  void Stop();

 private:
  using Key = std::tuple<Uuid, int64_t>;
  // Of an item that is in memory.
  struct Lease {
    SteadyTime until;     // then others may take it from the table
    bool lapsed = false;  // it ran out once, so that they may have
  };
  // What became of a batch.
  struct Handled {
    std::vector<WorkItem> items;  // with a verdict each
    std::vector<WorkVerdict> verdicts;
    std::vector<WorkItem> rest;  // not dealt with, because of `pause`
    absl::Status pause;
    size_t failed_alone = 0;
  };

  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  SteadyTime WakeTime(SteadyTime next_poll) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(WorkItem item, SteadyTime due, SteadyTime leased_until)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool ClaimFromTable() ABSL_LOCKS_EXCLUDED(mutex_);
  // Those whose lease is nearly over are left to whoever finds them in the table; `left` says that
  // there were some.
  std::vector<WorkItem> TakeDue(SteadyTime now, bool& left) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Work(std::vector<WorkItem> batch) ABSL_LOCKS_EXCLUDED(mutex_);
  void HandleIsolated(std::span<WorkItem> items, Handled& handled) ABSL_LOCKS_EXCLUDED(mutex_);
  WorkVerdict FailedAlone(const WorkItem& item, const absl::Status& status) const;
  void Settle(const std::vector<WorkItem>& batch, std::span<const WorkVerdict> verdicts)
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Parks those that no earlier work of their trade stands before; the others come again.
  void SettleStuck(std::vector<WorkItem>& stuck, std::vector<WorkItem>& again);
  void Park(WorkItem& item, int32_t attempts) const;
  void Pause(Handled& handled) ABSL_LOCKS_EXCLUDED(mutex_);

  const QueueWorkerOptions options_;
  const Handle handle_;
  const WorkTable table_;
  postgres::Session session_;

  Mutex mutex_;
  Condition changed_;
  std::multimap<SteadyTime, WorkItem> pending_ ABSL_GUARDED_BY(mutex_);
  size_t pending_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of what is pending or being worked on.
  std::map<Key, Lease> leases_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  SteadyTime paused_until_ ABSL_GUARDED_BY(mutex_) = SteadyTime::min();
  int failures_in_a_row_ = 0;  // the worker's thread alone counts
  std::thread thread_;
};

}  // namespace tallystick
