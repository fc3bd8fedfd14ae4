// Which revision a trade had at a time that somebody asked about: pinned, so that it is the same
// whenever they ask again.
//
//   CREATE TABLE snapshots (trading_id uuid, receive_time timestamptz, revision bigint,
//                           PRIMARY KEY (trading_id, receive_time))
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "platform/postgres/history_table.h"

namespace tallystick::postgres {

using SnapshotKey = std::pair<Uuid, absl::Time>;

// The revisions of the snapshots that were taken; 0 for "it did not exist yet".
std::map<SnapshotKey, int64_t> LoadSnapshots(Transaction& transaction,
                                             std::span<const Instant> instants);

// Takes snapshots of what is in the history now, unless they were taken before.
void TakeSnapshots(Transaction& transaction, std::span<const Instant> instants);

}  // namespace tallystick::postgres
