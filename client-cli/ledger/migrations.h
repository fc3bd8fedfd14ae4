// The ledger's tables, version by version; a file of version n has had the first n migrations.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/status/status.h"

namespace tallystick {

// Brings the file up to date, in one transaction; other processes wait. FAILED_PRECONDITION when a
// newer tally wrote it.
absl::Status MigrateLedger(SQLite::Database& database);

}  // namespace tallystick
