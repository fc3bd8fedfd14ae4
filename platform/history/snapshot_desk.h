// Statuses at a time. A request for a time to come is kept as due work, so that the snapshot is
// taken whether or not anybody waits for it and survives restarts; the snapshot is a row that names
// the revision of that time, so that the same request gets the same answer ever after.
//
//   CREATE TABLE snapshots (trading_id uuid, receive_time timestamptz, revision bigint,
//                           PRIMARY KEY (trading_id, receive_time))
#pragma once

#include <functional>
#include <list>
#include <map>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "platform/batch/batcher.h"
#include "platform/history/past.h"
#include "platform/lang/mutex.h"
#include "platform/postgres/document_reader.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/work_queue.h"
#include "platform/time/clock.h"

namespace tallystick {

struct SnapshotQuery {
  Uuid trading_id;
  std::string buyer;
  absl::Time receive_time;  // whole milliseconds
};

// Requests for times to come are in kSnapshotQueue, their numbers being the times in milliseconds.
struct SnapshotOptions {
  BatcherOptions batcher;
  std::string table;                                 // of documents: says whose a trade is
  size_t max_pending = 20;                           // requests for times to come, of one trade
  absl::Duration max_ahead = absl::Hours(24 * 366);  // how far in the future
  size_t max_waiting = 10'000;                       // calls that wait
  PastStatus past;
};

// Thread-safe. Clocks: the requests' times are compared with `clock`.
class SnapshotDesk {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<std::string>)>;

  // `work_lease`: of the requests for times to come.
  SnapshotDesk(SnapshotOptions options, absl::Duration work_lease,
               const postgres::Database& database, Clock clock);
  ~SnapshotDesk();
  SnapshotDesk(const SnapshotDesk&) = delete;

  // `done` gets the document as of the time, when that has come; DEADLINE_EXCEEDED (NOT_YET) when
  // the deadline comes first (the request is kept all the same), TRADE_NOT_FOUND,
  // RESOURCE_EXHAUSTED (TOO_MANY_SNAPSHOTS, QUEUE_FULL), INVALID_FIELD when the trade is younger
  // than the time or the time too far away, OUT_OF_RANGE (NO_LONGER_KEPT) when it is older than the
  // history. Never blocks.
  void Submit(SnapshotQuery query, Patience patience, Done done) ABSL_LOCKS_EXCLUDED(mutex_);

  // The worker of the queue: takes the snapshots that nobody waited for.
  absl::StatusOr<std::vector<WorkVerdict>> TakeDue(std::span<const WorkItem> items);

  // Ends all waiting calls with UNAVAILABLE.
  void Stop();

 private:
  struct NotYet {};
  using Answer = std::variant<NotYet, std::string>;
  struct Waiting {
    SnapshotQuery query;
    Patience patience;
    Done done;
  };

  std::vector<absl::StatusOr<Answer>> Process(std::span<const SnapshotQuery> queries);
  static std::set<Uuid> TrimmedOf(postgres::Transaction& transaction,
                                  std::span<const postgres::Position> places,
                                  const PastEntries& found);
  void AddWaiting(Waiting waiting) ABSL_LOCKS_EXCLUDED(mutex_);
  void Loop() ABSL_LOCKS_EXCLUDED(mutex_);

  const SnapshotOptions options_;
  const postgres::DocumentTable table_;
  const WorkTable work_;
  const Clock clock_;
  postgres::Session session_;
  postgres::Session worker_session_;

  Mutex mutex_;
  Condition changed_;
  std::list<Waiting> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Batcher<SnapshotQuery, Answer> batcher_;
  std::jthread thread_;  // last: joined before what it uses goes
};

}  // namespace tallystick
