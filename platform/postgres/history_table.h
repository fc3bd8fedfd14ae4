// The revisions of every trade, appended in the transaction that makes them: what watchers follow
// and what a status at a time is read from. A trade's revisions are all there, from some revision
// on: those that were older than the retention when a later one had become so are gone (see
// Trimmer). The oldest that is left may stand for all before it.
//
//   CREATE TABLE history (trading_id uuid, revision bigint, change_time timestamptz, entry bytea,
//                         PRIMARY KEY (trading_id, revision))
//   and a column for change_table.h, which fills itself
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "platform/ids/uuid.h"
#include "platform/postgres/session.h"

namespace tallystick::postgres {

struct HistoryEntry {
  Uuid trading_id;
  int64_t revision = 0;
  absl::Time change_time;  // written only
  std::string entry;       // the service's own message
};

// A place in a trade's history.
struct Position {
  Uuid trading_id;
  int64_t revision = 0;
};

struct Instant {
  Uuid trading_id;
  absl::Time time;
};

void AppendHistory(Transaction& transaction, std::span<const HistoryEntry> entries);

// For each position, the revisions after it that are kept, at most `limit`. Ordered by trade and
// revision.
std::vector<HistoryEntry> LoadHistoryAfter(Transaction& transaction,
                                           std::span<const Position> positions, int64_t limit);

// For each position, the revisions up to it and including it, the last `limit` of them. Ordered by
// trade and revision.
std::vector<HistoryEntry> LoadHistoryUntil(Transaction& transaction,
                                           std::span<const Position> positions, int64_t limit);

// For each position, its revision's entry is replaced and those before it are deleted, which
// readers of all changes are told (see change_table.h). An entry that is empty stays as it is.
void TrimHistory(Transaction& transaction, std::span<const HistoryEntry> bases);

// The revision that each trade had at the time, in the same order; 0 where it did not exist yet.
std::vector<int64_t> RevisionsAt(Transaction& transaction, std::span<const Instant> instants);

}  // namespace tallystick::postgres
