// Work that is due: messages to other servers, steps at the gateway or carrier, anything that must
// happen after a commit. A row in the service's `work` table, so that it survives restarts and all
// replicas share it.
//
//   CREATE TABLE work (trading_id uuid, queue smallint, number bigint, due_time timestamptz,
//                      attempts integer, payload bytea, reason text,
//                      PRIMARY KEY (trading_id, queue, number))
//
// Due times are of the database's clock alone, so that a server whose clock is wrong neither hides
// work from the others nor takes it from them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/ids/uuid.h"
#include "platform/postgres/session.h"
#include "platform/time/steady.h"

namespace tallystick {

// A queue of one service: its number, which stands in tables and is not changed, and the name that
// logs and the back office have for it.
struct Queue {
  int16_t number;
  const char* name;
};

// The name of a queue, or words for one that has none any more.
std::string NameOf(std::span<const Queue> queues, int16_t number);

// Statuses at a time, of every service.
inline constexpr Queue kSnapshotQueue{9, "snapshots"};

struct Bundle;

struct WorkItem {
  Uuid trading_id;
  int16_t queue = 0;     // which worker takes it
  int64_t number = 0;    // within the trade and queue: a message's sequence number
  absl::Duration delay;  // from now until it is due
  std::string payload;
  // Due at a date, or after the delay if that is later, and not at once: waits in the table, where
  // any replica finds it when it is due.
  std::optional<absl::Time> date;
  int32_t attempts = 0;  // how often it was tried and is to be tried again
  std::string reason;    // why it did not work the last time
  // An earlier try may have got some way: found in the table, where a process that died left it, or
  // given back by a handler that failed.
  bool perhaps_begun = false;
  // Of one that is in hand: until then nobody else takes it up. By this process's steady clock.
  SteadyTime leased_until = kNeverSteady;
  // What is there already under that number and did not work is tried again at once.
  bool anew = false;
  // It may stand in one row with others of its commit: nobody asks the table for it by its number,
  // unless it was tried.
  bool shares_row = false;
  std::shared_ptr<Bundle> bundle = nullptr;  // the row that it shares, while it does
};

// Attempts from which on work counts as waiting for a person; those of parked work, which is not
// tried again; and of a message that its receiver has refused. The values stand in tables: do not
// change them.
inline constexpr int32_t kManyAttempts = 3;
inline constexpr int32_t kParkedAttempts = 1'000'000;
inline constexpr int32_t kRefusedAttempts = 1'000'001;

// The rows of one queue.
struct QueueCount {
  int64_t rows = 0;           // due now or later
  absl::Duration oldest_due;  // for how long the oldest has been due; zero if none is
  int64_t parked = 0;         // never due
  int64_t retried = 0;        // of the rows, those that were tried in vain
};
inline constexpr int64_t kMostCounted = 100'000;

// The table. The process that commits an item keeps it in memory as well and works on it at once
// (unless it has a date); its row is inserted with the due time moved back by `lease`, so that
// others take it only if that process died. If a lease runs out under a process that is slow but
// alive, an item may be worked on twice: handlers must be idempotent.
class WorkTable {
 public:
  explicit WorkTable(absl::Duration lease) : lease_(lease) {}

  // In the transaction that causes the work. Puts into bundles what may share a row.
  void Insert(postgres::Transaction& transaction, std::vector<WorkItem>& items) const;

  // Takes up to `limit` due items of `queue` and leases them; leaves those whose rows somebody else
  // holds. Ordered by trade and number. What is due in bundles gets rows of its own.
  std::vector<WorkItem> Claim(postgres::Transaction& transaction, int16_t queue,
                              size_t limit) const;

  // Those that stand in rows of their own.
  void Delete(postgres::Transaction& transaction, const std::vector<WorkItem>& items) const;

  // Work that waits for a person: parked, or tried often. Those after `after` (by trade,
  // queue and number), in that order, at most `limit`.
  static std::vector<WorkItem> ListWaiting(postgres::Transaction& transaction,
                                           const WorkItem& after, size_t limit);

  // Writes the items' new due times, attempts and reasons. Those that are parked are never due.
  void Postpone(postgres::Transaction& transaction, const std::vector<WorkItem>& items) const;

  // What is parked or waits for its next try, of one trade: due now, as if it had never been tried.
  // How many there were.
  static int64_t Retry(postgres::Transaction& transaction, const Uuid& trading_id);

  // Deletes what is parked of one trade in `queues`. How many there were.
  static int64_t Drop(postgres::Transaction& transaction, const Uuid& trading_id,
                      std::span<const int16_t> queues);

  // The numbers of what is left to do of `ids` in `queue`; of a bundle that is in somebody's hand,
  // all that are in it.
  static std::map<Uuid, std::set<int64_t>> NumbersOf(postgres::Transaction& transaction,
                                                     int16_t queue, std::span<const Uuid> ids);

  // Those of `items`, in their order, that no earlier work of their trade and queue stands before
  // that is still tried.
  static std::vector<bool> IsFirst(postgres::Transaction& transaction,
                                   std::span<const WorkItem> items);

  // How the table looks, for each of `queues`. Reads kMostCounted rows of each at most.
  static std::vector<QueueCount> Count(postgres::Transaction& transaction,
                                       std::span<const Queue> queues);

  // Why each of `items`, in their order, is not done yet, though it was tried `tries` times; empty
  // for one that was not.
  static std::vector<std::string> ReasonsOf(postgres::Transaction& transaction,
                                            std::span<const WorkItem> items, int32_t tries);

 private:
  void InsertRows(postgres::Transaction& transaction, const std::vector<WorkItem>& items) const;
  int64_t LeasedDelay(const WorkItem& item) const;  // in milliseconds

  absl::Duration lease_;
};

}  // namespace tallystick
