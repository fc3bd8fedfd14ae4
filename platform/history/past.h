// What a service's status was: put together from entries of the history.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "platform/postgres/history_table.h"

namespace tallystick {

// How a service's entries become what they stand for.
struct PastStatus {
  // The document as of the last of the entries.
  std::function<std::string(std::span<const postgres::HistoryEntry>)> compose;
  // Whether the entries, which lead up to a revision without a gap, are enough for `compose`;
  // unset: the last one is.
  std::function<bool(std::span<const postgres::HistoryEntry>)> is_enough;
  // One entry that stands for all of them; unset: the last one does.
  std::function<std::string(std::span<const postgres::HistoryEntry>)> merge;
};

// Of a service each of whose entries is a document already.
PastStatus LatestEntry();

using PastEntries = std::map<std::pair<Uuid, int64_t>, std::vector<postgres::HistoryEntry>>;

// For each position, by trade and revision, the entries that its status is put together from, in
// order; none where the revision, or what it needs, is not kept. However many entries a trade has,
// a few are read at a time, and only as far back as they are needed.
PastEntries LoadPast(postgres::Transaction& transaction, const PastStatus& past,
                     std::span<const postgres::Position> positions);

}  // namespace tallystick
