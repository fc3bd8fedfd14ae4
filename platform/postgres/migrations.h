// Numbered migrations, applied at start. Several replicas may start at once: one applies, the
// others wait and find it done.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>
#include "absl/strings/string_view.h"

#include "absl/status/statusor.h"
#include "platform/postgres/session.h"

namespace tallystick::postgres {

// One file of a service's migrations/ folder, built into the binary.
struct Migration {
  int version;
  absl::string_view name;
  absl::string_view sql;
};

// What a migration does that SQL cannot, after its file; and, under kAtEachStart, what is done
// after all of them whenever they are applied or found done.
using MigrationSteps = std::map<int, std::function<void(Transaction&)>>;
inline constexpr int kAtEachStart = 0;

// All migrations of a service.
struct Schema {
  std::span<const Migration> migrations;
  MigrationSteps steps;
};

// One of a database: applied there, or to come.
struct MigrationState {
  int version = 0;
  std::string name;
  std::string apply_time;  // empty: to come
};

// Those that the database has, of a newer binary as well, and those that this binary would apply,
// by version. Changes nothing, and waits for nobody.
absl::StatusOr<std::vector<MigrationState>> ListMigrations(const Database& database,
                                                           std::span<const Migration> migrations);

// Applies those that the database does not have yet, in order, all in one transaction.
// FAILED_PRECONDITION when the database is ahead of this binary.
absl::Status Migrate(const Database& database, std::span<const Migration> migrations,
                     const MigrationSteps& steps = {});

}  // namespace tallystick::postgres
