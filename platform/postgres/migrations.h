// Numbered migrations, applied at start. Several replicas may start at once: one applies, the
// others wait and find it done.
#pragma once

#include <span>
#include <string>
#include "absl/strings/string_view.h"

#include "absl/status/status.h"

namespace tallystick::postgres {

// One file of a service's migrations/ folder, built into the binary.
struct Migration {
  int version;
  absl::string_view name;
  absl::string_view sql;
};

// Applies those that the database does not have yet, in order, all in one transaction.
// FAILED_PRECONDITION when the database is ahead of this binary.
absl::Status Migrate(const std::string& database_url, std::span<const Migration> migrations);

}  // namespace tallystick::postgres
