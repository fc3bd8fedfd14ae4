// The table of snapshots.
#pragma once

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "platform/postgres/history_table.h"

namespace tallystick {

using SnapshotKey = std::pair<Uuid, absl::Time>;

// The revisions of the snapshots that were taken; 0 for "it did not exist yet".
std::map<SnapshotKey, int64_t> LoadSnapshots(postgres::Transaction& transaction,
                                             std::span<const postgres::Instant> instants);

// Takes snapshots of what is in the history now, unless they were taken before.
void TakeSnapshots(postgres::Transaction& transaction,
                   std::span<const postgres::Instant> instants);

// How many requests of each trade wait in `queue` of the work table.
std::map<Uuid, int64_t> CountPending(postgres::Transaction& transaction, int16_t queue,
                                     std::span<const postgres::Instant> instants);

}  // namespace tallystick
