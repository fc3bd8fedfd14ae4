// All the ways in which a service's statuses are read: now, at a time, and as they change.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "platform/history/snapshot_desk.h"
#include "platform/history/trimmer.h"
#include "platform/history/watch_hub.h"
#include "platform/postgres/document_reader.h"
#include "platform/relay/queue_worker.h"

namespace tallystick {

struct StatusQuery {
  Uuid trading_id;
  std::string buyer;                       // who asks
  std::optional<absl::Time> receive_time;  // now, if unset
  int64_t revision = 0;                    // if not 0: as of this one; not with a receive_time
};

struct StatusDeskOptions {
  SnapshotOptions snapshots;
  WatchHubOptions watches;
  TrimmerOptions trimming;
  QueueWorkerOptions work;  // but for the queue
  // Of the statuses as they are now; those at a time have theirs in the options of snapshots.
  BatchMeters present_meters;
};

// What the calls that read statuses ask. The desk is one; fuzzing has another, without a database.
// Thread-safe.
class StatusReader {
 public:
  virtual ~StatusReader() = default;
  // `done` gets the service's document; see DocumentReader and SnapshotDesk.
  virtual void Read(StatusQuery query, Patience patience, SnapshotDesk::Done done) = 0;
  // Whether Read would take one now: what it would refuse with, if not.
  virtual absl::Status HasRoom(const Patience& patience) = 0;
  virtual WatchHub& hub() = 0;
};

class StatusDesk final : public StatusReader {
 public:
  StatusDesk(const StatusDeskOptions& options, const postgres::Database& database, Clock clock)
      : documents_(ReadWith(options), options.snapshots.table, options.snapshots.past.compose,
                   database),
        snapshots_(options.snapshots, options.work.lease, database, std::move(clock)),
        hub_(options.watches, database),
        trimmer_(options.trimming, database),
        worker_(WorkOn(options.work), database,
                [this](std::span<const WorkItem> items) { return snapshots_.TakeDue(items); }) {}

  void Read(StatusQuery query, Patience patience, SnapshotDesk::Done done) override {
    if (query.receive_time) {
      snapshots_.Submit({query.trading_id, std::move(query.buyer), *query.receive_time},
                        std::move(patience), std::move(done));
    } else {
      documents_.batcher().Submit({query.trading_id, std::move(query.buyer), query.revision},
                                  std::move(patience), std::move(done));
    }
  }

  absl::Status HasRoom(const Patience& patience) override {
    return documents_.batcher().HasRoom(patience);
  }

  WatchHub& hub() override { return hub_; }

  // These trades have changed; after the commit.
  void Changed(const std::vector<Uuid>& trading_ids) { hub_.Nudge(trading_ids); }

  // Ends what waits or watches, so that the server can drain.
  void Stop() {
    snapshots_.Stop();
    hub_.Stop();
  }

 private:
  static BatcherOptions ReadWith(const StatusDeskOptions& options) {
    BatcherOptions reading = options.snapshots.batcher;
    reading.meters = options.present_meters;
    return reading;
  }
  static QueueWorkerOptions WorkOn(QueueWorkerOptions options) {
    options.queue = kSnapshotQueue;
    return options;
  }

  postgres::DocumentReader documents_;
  SnapshotDesk snapshots_;
  WatchHub hub_;
  Trimmer trimmer_;
  QueueWorker worker_;
};

}  // namespace tallystick
