// The table of snapshots.
#pragma once

#include <map>
#include <set>
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
void TakeSnapshots(postgres::Transaction& transaction, std::span<const postgres::Instant> instants);

// The requests of each trade that wait in `queue` of the work table: their numbers.
std::map<Uuid, std::set<int64_t>> LoadPending(postgres::Transaction& transaction, int16_t queue,
                                              std::span<const postgres::Instant> instants);

}  // namespace tallystick
