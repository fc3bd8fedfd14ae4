// The work of one queue that a process holds in memory: what is due when, until when it is this
// process's alone, and when the table has to be looked at. The time comes in with each call, and
// nothing here waits or asks anybody: a QueueWorker runs it on its thread, the simulation in its
// own time. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "platform/relay/queue_meters.h"
#include "platform/relay/work_queue.h"
#include "platform/time/backoff.h"
#include "platform/time/steady.h"

namespace tallystick {

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
  QueueMeters meters;
};

// Whether the process that commits the item works on it from memory, in this queue.
inline bool IsHandedOver(const WorkItem& item, const Queue& queue) {
  return item.queue == queue.number && !item.date;
}

// `since` is a moment before the transaction that leased the items began. Counted from there, a
// lease in memory never outlasts the one in the table: whoever wakes up between a commit and this
// would go on with what somebody else has taken over.
class WorkInHand {
 public:
  explicit WorkInHand(const QueueWorkerOptions& options) : options_(options) {}

  // Takes in those of `items` that are handed over to this queue, after the commit that inserted
  // them.
  void HandOver(const std::vector<WorkItem>& items, SteadyTime since);

  // When there is something to do next. `table_due`: looking at the table earlier finds nothing.
  SteadyTime WakeTime(SteadyTime table_due = SteadyTime::min()) const;

  // What is due, a batch at most, ordered by trade and number: to be given back to Settled or
  // Pause. Items whose lease is nearly over are left to whoever finds them in the table, which is
  // looked at once more then. So are those that were leased before `connected`, when the connection
  // was made on which they will be settled: perhaps on another server, which this one has taken
  // over from, and does not know of their trades, or not yet.
  std::vector<WorkItem> TakeDue(SteadyTime now, SteadyTime connected = SteadyTime::min());

  // Whether the table is to be looked at now: then Claimed says what was found there.
  bool IsToLook(SteadyTime now);
  void Claimed(std::vector<WorkItem> items, SteadyTime since);

  // The items that wait in memory.
  size_t size() const { return pending_.size(); }

  // The items of a batch that were settled are forgotten; those of them in `again` come again. One
  // whose lease ran out before it was settled, at `now`, others may have begun.
  void Settled(const std::vector<WorkItem>& batch, std::vector<WorkItem> again, SteadyTime since,
               SteadyTime now);

  // The queue as a whole works, or it does not: then it pauses for what this gives, and what was
  // taken and not dealt with comes again.
  void Works() { failures_in_a_row_ = 0; }
  absl::Duration Pause(std::vector<WorkItem> rest, SteadyTime now, double chance);

 private:
  using Key = std::tuple<Uuid, int64_t>;
  // Of an item that is in memory.
  struct Lease {
    SteadyTime since;
    SteadyTime until;                          // then others may take it from the table
    bool lapsed = false;                       // it ran out once, so that they may have
    std::shared_ptr<Bundle> bundle = nullptr;  // the row, if it is not its own
  };

  void Enqueue(WorkItem item, SteadyTime due, Lease lease);

  const QueueWorkerOptions options_;
  std::multimap<SteadyTime, WorkItem> pending_;
  size_t pending_bytes_ = 0;
  std::map<Key, Lease> leases_;  // of what is pending or taken
  SteadyTime next_look_ = SteadyTime::min();
  SteadyTime paused_until_ = SteadyTime::min();
  int failures_in_a_row_ = 0;
};

}  // namespace tallystick
