#include "platform/postgres/migrations.h"

#include "absl/strings/str_cat.h"
#include "platform/postgres/session.h"
#include "platform/process/log.h"

namespace tallystick::postgres {
namespace {

// Any number will do as long as all replicas take the same.
constexpr Query kLock{"migration_lock", "SELECT pg_advisory_xact_lock(7411)"};
constexpr Query kCreate{"migration_create",
                        "CREATE TABLE IF NOT EXISTS schema_migrations ("
                        " version integer PRIMARY KEY, name text NOT NULL,"
                        " apply_time timestamptz NOT NULL)"};
constexpr Query kLatest{"migration_latest",
                        "SELECT coalesce(max(version), 0) FROM schema_migrations"};
constexpr Query kRecord{"migration_record", "INSERT INTO schema_migrations VALUES ($1, $2, now())"};

constexpr Query kIsThere{"migration_table", "SELECT to_regclass('schema_migrations') IS NOT NULL"};
constexpr Query kApplied{"migration_applied",
                         "SELECT version, name, to_char(apply_time AT TIME ZONE 'UTC', "
                         "'YYYY-MM-DD HH24:MI:SS') FROM schema_migrations ORDER BY version"};

}  // namespace

absl::StatusOr<std::vector<MigrationState>> ListMigrations(const Database& database,
                                                           std::span<const Migration> migrations) {
  Session session({.database = database});
  return session.Run([&](Transaction& transaction) {
    std::vector<MigrationState> states;
    if (transaction.Exec(kIsThere)[0][0].as<bool>()) {
      for (const auto& row : transaction.Exec(kApplied)) {
        states.push_back({row[0].as<int>(), row[1].as<std::string>(), row[2].as<std::string>()});
      }
    }
    const int applied = states.empty() ? 0 : states.back().version;
    for (const Migration& migration : migrations) {
      if (migration.version <= applied) continue;
      states.push_back({migration.version, std::string(migration.name), ""});
    }
    return states;
  });
}

absl::Status Migrate(const Database& database, std::span<const Migration> migrations,
                     const MigrationSteps& steps) {
  // However long another replica is at it, or a migration takes.
  Database patient = database;
  patient.timeouts.transaction = patient.timeouts.lock = absl::Hours(24);
  Session session({.database = patient});
  const auto latest = session.Run([&](Transaction& transaction) {
    transaction.Exec(kLock);
    transaction.Exec(kCreate);
    const int applied = transaction.Exec(kLatest)[0][0].as<int>();
    for (const Migration& migration : migrations) {
      if (migration.version <= applied) continue;
      log::Info("applying migration", {{"name", migration.name}});
      transaction.ExecScript(std::string(migration.sql));
      if (const auto step = steps.find(migration.version); step != steps.end()) {
        step->second(transaction);
      }
      transaction.Exec(kRecord, migration.version, std::string(migration.name));
    }
    const int newest = migrations.empty() ? 0 : migrations.back().version;
    if (const auto step = steps.find(kAtEachStart); step != steps.end() && applied <= newest) {
      step->second(transaction);
    }
    return applied;
  });
  if (!latest.ok()) return latest.status();
  const int newest = migrations.empty() ? 0 : migrations.back().version;
  if (*latest > newest) {
    return absl::FailedPreconditionError(absl::StrCat("the database is at migration ", *latest,
                                                      ", this binary knows only ", newest,
                                                      "; start a newer binary"));
  }
  return absl::OkStatus();
}

}  // namespace tallystick::postgres
