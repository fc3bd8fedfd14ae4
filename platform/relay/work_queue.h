// Work that is due: messages to other servers, steps at the gateway or carrier, anything that must
// happen after a commit. A row in the service's `work` table, so that it survives restarts and all
// replicas share it.
//
//   CREATE TABLE work (trading_id uuid, queue smallint, number bigint, due_time timestamptz,
//                      attempts integer, payload bytea, PRIMARY KEY (trading_id, queue, number))
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/postgres/session.h"
#include "platform/runtime/uuid.h"

namespace tallystick {

struct WorkItem {
  Uuid trading_id;
  int16_t queue = 0;   // which worker takes it; each service numbers its own
  int64_t number = 0;  // within the trade and queue: a message's sequence number
  absl::Time due_time;
  int32_t attempts = 0;  // how often it was tried and is to be tried again
  std::string payload;
  // An earlier try may have got some way: found in the table, where a process that died left it, or
  // given back by a handler that failed.
  bool perhaps_begun = false;
  // Due at a date and not at once: waits in the table, where any replica finds it when it is due.
  bool scheduled = false;
};

// Attempts from which on work counts as waiting for a person, and those of parked work.
inline constexpr int32_t kManyAttempts = 3;
inline constexpr int32_t kParkedAttempts = 1'000'000;

// The table. The process that commits an item keeps it in memory as well and works on it at once
// (unless it is `scheduled`); its row is inserted with the due time moved back by `lease`, so that
// others take it only if that process died. If a lease runs out under a process that is slow but
// alive, an item may be worked on twice: handlers must be idempotent.
class WorkTable {
 public:
  explicit WorkTable(absl::Duration lease) : lease_(lease) {}

  // In the transaction that causes the work.
  void Insert(postgres::Transaction& transaction, const std::vector<WorkItem>& items) const;

  // Takes up to `limit` due items of `queue` and leases them. Ordered by trade and number.
  std::vector<WorkItem> Claim(postgres::Transaction& transaction, int16_t queue, absl::Time now,
                              size_t limit) const;

  void Delete(postgres::Transaction& transaction, const std::vector<WorkItem>& items) const;

  // Work that waits for a person: parked, or tried often. Those after `after` (by trade,
  // queue and number), in that order, at most `limit`.
  static std::vector<WorkItem> ListWaiting(postgres::Transaction& transaction,
                                           const WorkItem& after, size_t limit);

  // Writes the items' new due times and attempts.
  void Postpone(postgres::Transaction& transaction, const std::vector<WorkItem>& items) const;

 private:
  absl::Duration lease_;
};

}  // namespace tallystick
