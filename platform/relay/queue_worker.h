// The worker of one queue: takes what is due in batches, from memory where this process committed
// it and from the table where another one died, and works on it until it is done.
#pragma once

#include <functional>
#include <span>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/session.h"
#include "platform/relay/batch_in_hand.h"
#include "platform/relay/work_in_hand.h"
#include "platform/relay/work_queue.h"

namespace tallystick {

// `handle` runs on the worker's own thread and may block, for less than the lease; it answers each
// item, in order. It must be repeatable: an item may come twice, after a crash or from two
// replicas. An error instead of verdicts means that none of the items was dealt with; what follows
// from it and from the verdicts is BatchInHand's. An error that is nobody's but the queue's pauses
// it for a backoff.
class QueueWorker {
 public:
  using Handle = std::function<absl::StatusOr<std::vector<WorkVerdict>>(std::span<const WorkItem>)>;

  // `database`: where the work table is. Its own commits need not be durable, since what they
  // lose is only done once more.
  QueueWorker(QueueWorkerOptions options, const postgres::Database& database, Handle handle);
  // See Stop.
  ~QueueWorker();
  QueueWorker(const QueueWorker&) = delete;

  // Call after the commit that inserted the items, whose transaction began after `since`.
  // Thread-safe; items with a date and those of other queues are ignored.
  void HandOver(const std::vector<WorkItem>& items, SteadyTime since);

  // Finishes the batch at hand; what is left, and what is handed over after this, stays in the
  // table.
  void Stop();

 private:
  bool WaitForWork() ABSL_LOCKS_EXCLUDED(mutex_);  // false: it stops
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);
  void CountInMemory() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ClaimFromTable() ABSL_LOCKS_EXCLUDED(mutex_);
  void Work(std::vector<WorkItem> items) ABSL_LOCKS_EXCLUDED(mutex_);
  void Settle(const BatchInHand& batch) ABSL_LOCKS_EXCLUDED(mutex_);
  // Parks those that no earlier work of their trade stands before; the others come again.
  void SettleStuck(const BatchInHand& batch, Settlement& settlement);

  const QueueWorkerOptions options_;
  const Handle handle_;
  const WorkTable table_;
  postgres::Session session_;

  Mutex mutex_;
  Condition changed_;
  WorkInHand hand_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace tallystick
