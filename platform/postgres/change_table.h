// The history in the order in which it was appended: what readers of all trades follow, a page
// after the other.
//
//   ALTER TABLE history ADD COLUMN appended_by xid8 NOT NULL DEFAULT pg_current_xact_id();
//   '0' in the rows from before there was the column
//
// That order is of the transactions' numbers, and no clock's: replicas' clocks differ, and
// transactions end in another order than they begin in. What is numbered below all transactions
// that are under way (the horizon) is complete, and stays so. A trade's revisions are in order: who
// makes one has read the one before, committed, and had no number yet, since it writes last. The
// numbers are a cluster's: in one where they are smaller (a restored dump), the history's count as
// from before.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/ids/uuid.h"
#include "platform/postgres/migrations.h"
#include "platform/postgres/session.h"

namespace tallystick::postgres {

// A place in that order: behind this revision.
struct ChangePlace {
  uint64_t transaction = 0;
  Uuid trading_id;
  int64_t revision = 0;

  auto operator<=>(const ChangePlace&) const = default;
};

// Behind everything that the transaction appended.
ChangePlace BehindTransaction(uint64_t transaction);

struct ChangeRow {
  ChangePlace place;
  absl::Time change_time;
  std::string buyer;  // empty: no document tells
  std::string entry;
};

// Which changes can be read now.
struct ChangeHorizon {
  std::string database;  // see identity.h
  uint64_t end = 0;      // transactions below it are over
  // Not in a database that was restored from another cluster, until KeepChangesInOrder was called.
  bool is_in_order = true;
};
ChangeHorizon ReadChangeHorizon(Transaction& transaction);

struct ChangeLimits {
  int64_t rows = 0;
  int64_t bytes = 0;  // of their entries and what is told with them; the first row may be larger
};

struct ChangeRows {
  std::vector<ChangeRow> rows;  // in order
  ChangePlace next;             // where to go on
  bool at_end = false;          // there are no more below the horizon
};

// The next rows after `place` and below the horizon's end. `documents`: the table that says whose a
// trade is.
ChangeRows LoadChanges(Transaction& transaction, const std::string& documents,
                       const ChangePlace& place, uint64_t end, const ChangeLimits& limits);

// A place before all changes of `time` or later by the services' clocks; nullopt when there is
// none yet.
std::optional<ChangePlace> PlaceBefore(Transaction& transaction, absl::Time time);

// A place behind all changes below `end`.
ChangePlace LastPlace(Transaction& transaction, uint64_t end);

// The last transaction, and the last time, of which changes were trimmed. To be asked after
// LoadChanges: what is gone by then, this tells.
struct TrimmedChanges {
  uint64_t transaction = 0;
  absl::Time until = absl::InfinitePast();
};
TrimmedChanges ReadTrimmedChanges(Transaction& transaction);

// What a service does at each start, before anything is appended: nothing, but in a restored
// database whose numbers are above those of its new cluster. `migrations` has the one that made the
// column, …_number_changes.
std::function<void(Transaction&)> KeepChangesInOrder(std::span<const Migration> migrations);

}  // namespace tallystick::postgres
