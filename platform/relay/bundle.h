// A bundle: work of one queue that one commit has caused, in one row. The process that committed it
// works on its items from memory, and the row goes when all of them are done: two operations on
// rows for all of them, where each would cost two. Whatever does not go as smoothly takes it apart:
// what is left of it gets rows of its own in `work`, and is from then on as any other.
//
// That an item is done stands nowhere until all are: if the process dies before, it is done again,
// as every handler expects.
//
//   CREATE TABLE bundles (bundle uuid PRIMARY KEY, queue smallint, due_time timestamptz,
//                         trading_ids uuid[], numbers bigint[], payloads bytea[])
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "platform/ids/uuid.h"
#include "platform/postgres/session.h"
#include "platform/relay/batch_in_hand.h"
#include "platform/relay/work_queue.h"

namespace tallystick {

// A bundle as the process that made it knows it; shared by its items. Not thread-safe: once it is
// handed over it is its queue's alone.
struct Bundle {
  Uuid id;
  size_t size = 0;             // items
  std::vector<WorkItem> done;  // of them, without payloads
  // It ends as a whole no more: each item has a row of its own, or gets one from whoever finds the
  // bundle in the table.
  bool apart = false;
};

// So that a bundle's row stays on one page, where nothing is compressed or put elsewhere.
inline constexpr size_t kMostBundledBytes = 7'500;
inline constexpr size_t kMostBundled = 200;

// Puts into bundles those of `items` that may share a row and find company.
void MakeBundles(std::vector<WorkItem>& items, absl::FunctionRef<Uuid()> new_id);

// What a settlement means for rows.
struct SettledRows {
  std::vector<Uuid> finished;  // bundles whose rows go
  std::vector<Uuid> apart;     // bundles that are to be taken apart, before what follows
  std::vector<WorkItem> done;  // items whose own rows go
};
// Once for each settlement: the bundles remember it.
SettledRows RowsOf(const Settlement& settlement);

// What was settled of these was not written.
void LeaveBundles(std::span<const WorkItem> items);

// The table.
class BundleTable {
 public:
  // Of `items`, those that are in bundles; `delay_ms` says for how long an item is leased.
  static void Insert(postgres::Transaction& transaction, std::span<const WorkItem> items,
                     absl::FunctionRef<int64_t(const WorkItem&)> delay_ms);

  // Takes apart the bundles of `queue` that are due, some at a time: what is left by a process that
  // died. Leaves those whose rows somebody else holds.
  static void TakeApartDue(postgres::Transaction& transaction, int16_t queue);

  // In a settlement's transaction, before the rows of items are changed.
  static void Settle(postgres::Transaction& transaction, const SettledRows& rows);
};

}  // namespace tallystick
