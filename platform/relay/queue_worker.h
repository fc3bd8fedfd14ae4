// The worker of one queue: takes what is due in batches, from memory where this process committed
// it and from the table where another one died, and works on it until it is done.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/session.h"
#include "platform/relay/work_queue.h"
#include "platform/runtime/backoff.h"
#include "platform/runtime/clock.h"

namespace tallystick {

// What became of one item.
struct WorkVerdict {
  enum Kind {
    kDone,    // never again
    kRetry,   // it did not work: again after a backoff
    kAgain,   // it worked and there is more to do, at `due_time`
    kParked,  // refused for good: kept in the table, not tried again, for a person to look at
    kByHand,  // a person does it anyway: kept like kParked, and nothing to be alarmed at
  };
  Kind kind = kDone;
  absl::Time due_time = absl::InfinitePast();
};

struct QueueWorkerOptions {
  int16_t queue = 0;
  std::string name;  // for logs
  size_t max_batch = 500;
  // Of payload; a batch of messages must fit into one call, whose limit is 4 MiB by default.
  size_t max_batch_bytes = 2 * 1024 * 1024;
  size_t max_in_memory = 50'000;  // what is handed over beyond this is found in the table
  absl::Duration poll_interval = absl::Seconds(1);
  absl::Duration lease = absl::Seconds(10);
  BackoffPolicy backoff;
};

// `handle` runs on the worker's own thread and may block; it answers each item, in order. It must
// be repeatable: an item may come twice, after a crash or from two replicas. An error instead of
// verdicts means that nothing could be done (the peer is down): the whole queue pauses for a
// backoff and the items come again.
class QueueWorker {
 public:
  using Handle = std::function<absl::StatusOr<std::vector<WorkVerdict>>(std::span<const WorkItem>)>;

  // `database_url`: where the work table is. Its own commits need not be durable, since what they
  // lose is only done once more.
  QueueWorker(QueueWorkerOptions options, const std::string& database_url, Handle handle);
  // Finishes the batch at hand; what is left stays in the table.
  ~QueueWorker();
  QueueWorker(const QueueWorker&) = delete;

  // Call after the commit that inserted the items. Thread-safe; scheduled items and those of other
  // queues are ignored.
  void HandOver(const std::vector<WorkItem>& items);

 private:
  using Key = std::tuple<Uuid, int64_t>;

  void Loop();
  void Enqueue(WorkItem item);  // with mutex_ held
  bool ClaimFromTable();
  std::vector<WorkItem> TakeDue(absl::Time now);  // with mutex_ held
  void Work(std::vector<WorkItem> batch);
  void Settle(const std::vector<WorkItem>& batch, std::span<const WorkVerdict> verdicts);

  const QueueWorkerOptions options_;
  const Handle handle_;
  const WorkTable table_;
  postgres::Session session_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<absl::Time, WorkItem> pending_;
  std::set<Key> keys_;  // of what is pending or being worked on
  bool stopping_ = false;
  absl::Time paused_until_ = absl::InfinitePast();
  int failures_in_a_row_ = 0;
  std::thread thread_;
};

}  // namespace tallystick
