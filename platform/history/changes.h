// All changes of a service, in order and resumable: a page after a cursor.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "platform/postgres/change_table.h"
#include "platform/postgres/session.h"

namespace tallystick {

// Where a reader is.
struct ChangeCursor {
  std::string database;
  postgres::ChangePlace place;
  // What was trimmed up to this transaction was so before its reader, who began without a cursor,
  // got there: it is told what is left, and misses nothing that it was promised.
  uint64_t trimmed = 0;

  bool operator==(const ChangeCursor&) const = default;
};

// Opaque to readers; one word of printable ASCII.
std::string ToToken(const ChangeCursor& cursor);
// Nullopt for what ToToken has not made.
std::optional<ChangeCursor> ParseChangeCursor(absl::string_view token);

// Neither cursor nor begin: from the oldest change that is kept.
struct ChangeQuery {
  std::optional<ChangeCursor> cursor;
  std::optional<absl::Time> begin;  // without a cursor
  int64_t max_changes = 0;          // at least 1
};

struct ChangePage {
  std::vector<postgres::ChangeRow> changes;
  ChangeCursor next;
  bool at_end = false;  // there are no more for now
};

struct ChangeSource {
  std::string documents;  // the table that says whose a trade is
  int64_t max_bytes = 0;  // of a page; one change may have more
};

// OUT_OF_RANGE (NO_LONGER_KEPT {field}) when changes after the cursor, or of the time, were
// trimmed; FAILED_PRECONDITION (OTHER_DATABASE) for a cursor of another database; INTERNAL in one
// that was restored while the server ran (see KeepChangesInOrder). Else what Session::Run says.
absl::StatusOr<ChangePage> ReadChanges(postgres::Session& session, const ChangeSource& source,
                                       const ChangeQuery& query);

}  // namespace tallystick
