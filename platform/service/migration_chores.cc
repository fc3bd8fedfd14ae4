#include "platform/service/migration_chores.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "absl/strings/str_cat.h"

namespace tallystick::rpc {
namespace {

constexpr size_t kNameWidth = 24;

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

// Null for one of a newer binary.
const postgres::Migration* Find(const postgres::Schema& schema, int version) {
  const auto found = std::ranges::find(schema.migrations, version, &postgres::Migration::version);
  return found == schema.migrations.end() ? nullptr : &*found;
}

std::string SqlOf(const postgres::Migration& migration, const postgres::Schema& schema) {
  std::string sql = absl::StrCat("-- ", migration.name, "\n", migration.sql, "\n");
  if (schema.steps.contains(migration.version)) {
    absl::StrAppend(&sql, "-- then the server goes through the trades\n");
  }
  return absl::StrCat(sql, "INSERT INTO schema_migrations VALUES (", migration.version, ", '",
                      migration.name, "', now());\n");
}

}  // namespace

absl::Status PrintMigrations(const postgres::Database& database, const postgres::Schema& schema) {
  const auto states = postgres::ListMigrations(database, schema.migrations);
  if (!states.ok()) return states.status();
  bool is_ahead = false;
  for (const postgres::MigrationState& state : *states) {
    const bool is_known = Find(schema, state.version) != nullptr;
    is_ahead = is_ahead || !is_known;
    Print(absl::StrCat(state.name,
                       std::string(kNameWidth - std::min(kNameWidth, state.name.size()), ' '),
                       state.apply_time.empty() ? " to come" : " applied " + state.apply_time,
                       is_known ? "" : ", by a newer server", "\n"));
  }
  if (!is_ahead) return absl::OkStatus();
  return absl::FailedPreconditionError("the database is ahead of this binary; start a newer one");
}

absl::Status PrintMissingMigrations(const postgres::Database& database,
                                    const postgres::Schema& schema) {
  const auto states = postgres::ListMigrations(database, schema.migrations);
  if (!states.ok()) return states.status();
  std::string sql;
  for (const postgres::MigrationState& state : *states) {
    const postgres::Migration* migration = Find(schema, state.version);
    if (state.apply_time.empty()) sql += SqlOf(*migration, schema);
  }
  Print(sql.empty() ? "-- nothing is to come\n" : absl::StrCat("BEGIN;\n", sql, "COMMIT;\n"));
  return absl::OkStatus();
}

}  // namespace tallystick::rpc
