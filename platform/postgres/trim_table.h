// How far the trimming of what is too old has got, and whose turn it is; and the statements that
// delete it.
//
//   CREATE TABLE trims (name text PRIMARY KEY, next_time timestamptz, done_until timestamptz)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/postgres/history_table.h"

namespace tallystick::postgres {

// Rows of a table that are deleted at an age.
struct Retention {
  std::string name;   // its row in `trims`
  std::string table;  // and its columns:
  std::string time;
  std::string key;         // with commas
  std::string condition;   // of those that are meant; empty: all
  absl::Duration max_age;  // zero: for ever
};

// The trades that had a revision in a time, with their last of it; and how that time ends.
struct TrimWindow {
  absl::Time end;
  std::vector<Position> last;
};

// Whether it is the caller's turn to trim `name`, which has one in `interval`, whoever takes it.
bool TakeTrimTurn(Transaction& transaction, const std::string& name, absl::Duration interval);

// The time that comes after what was trimmed of the history: as long as `length`, and not younger
// than `max_age`. Nullopt when there is none yet.
std::optional<TrimWindow> NextTrimWindow(Transaction& transaction, absl::Duration length,
                                         absl::Duration max_age);
// The history is trimmed up to there.
void AdvanceTrim(Transaction& transaction, absl::Time done_until);

// Deletes at most `limit` rows that are too old; how many there were.
int64_t DeleteOld(Transaction& transaction, const Retention& retention, int64_t limit);

}  // namespace tallystick::postgres
