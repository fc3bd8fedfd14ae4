// What the three mains share: settings, logs, migrations, start, waiting for SIGTERM, drain; and
// the question whether a server is alive.
#pragma once

#include <algorithm>
#include <cstdio>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/process/shutdown.h"
#include "platform/process/version.h"
#include "platform/relay/known_database.h"
#include "platform/service/allocator.h"
#include "platform/service/migration_chores.h"
#include "platform/service/reload.h"
#include "platform/service/server_settings.h"

namespace tallystick::rpc {

// One line for whoever started the process.
inline void Say(const std::string& name, absl::string_view what) {
  std::fprintf(stderr, "%s: %.*s\n", name.c_str(), static_cast<int>(what.size()), what.data());
}

// Of a process that does nothing else.
inline void LogCannotStart(const log::Options& options, absl::string_view reason) {
  if (!log::Start(options).ok()) return Say(options.service, reason);
  log::Error("cannot start", {{"reason", reason}});
  log::Stop();
}

// How long after SIGTERM, beyond the time for calls under way, a server may take to end.
inline constexpr absl::Duration kEndGrace = absl::Seconds(3);

// What is over sooner needs no port that says to wait for it.
inline constexpr absl::Duration kQuickStart = absl::Seconds(1);

// Brings the database up to date and starts the server; while that cannot be reached, or others are
// at its migrations, waits, with a public port that says NOT_SERVING. Nullptr when SIGTERM came
// first.
template <typename Migrate, typename Start>
auto StartPatiently(const ServerSettings& settings, Migrate migrate, Start start)
    -> decltype(start()) {
  std::unique_ptr<Server> waiting;
  absl::Duration patience = kQuickStart;
  for (int attempt = 1;; ++attempt) {
    std::future<absl::Status> migrated = std::async(std::launch::async, migrate);
    while (migrated.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      constexpr absl::Duration kLook = absl::Milliseconds(10);
      if (WaitForSignal(kLook) == Told::kEnd) {
        EndWithin(kEndGrace);
        return nullptr;
      }
      patience -= kLook;
      if (waiting == nullptr && patience <= absl::ZeroDuration()) {
        auto port = Server::StartWaiting(settings.ports);
        if (port.ok()) {
          waiting = *std::move(port);
        } else {
          log::Warn("cannot say that it waits", {{"reason", port.status().message()}});
          patience = absl::InfiniteDuration();
        }
      }
    }
    absl::Status status = migrated.get();
    if (status.ok()) {
      waiting.reset();
      auto server = start();
      if (server.ok() || !absl::IsUnavailable(server.status())) return server;
      status = server.status();
    } else if (!absl::IsUnavailable(status)) {
      return status;
    }
    log::Warn("cannot start yet, tries again", {{"reason", status.message()}});
    patience = absl::ZeroDuration();
    constexpr BackoffPolicy kBackoff{absl::Milliseconds(100), absl::Seconds(2)};
    if (WaitForSignal(BackoffDelay(kBackoff, attempt)) == Told::kEnd) return nullptr;
  }
}

// Serves until SIGTERM. `start` gives a pointer to something with Drain(); `reload` is called at
// SIGHUP.
template <typename Migrate, typename Start, typename Reload>
int Serve(const ServerSettings& settings, Migrate migrate, Start start, Reload reload) {
  auto server = StartPatiently(settings, migrate, start);
  if (!server.ok()) {
    log::Error("cannot start", {{"reason", server.status().message()}});
    return 1;
  }
  if (*server == nullptr) return 0;
  log::Info("serving", {{"public", settings.ports.public_address},
                        {"internal", settings.ports.internal_address}});
  while (WaitForSignal() != Told::kEnd) reload();
  log::Info("draining");
  EndWithin(settings.ports.drain_timeout + kEndGrace);
  (*server)->Drain();
  return 0;
}

// What the process does instead of serving, when its flag is given.
struct Chore {
  std::string flag;
  std::string help;
  std::function<absl::Status()> run;  // a failure is exit code 1
  bool wanted = false;
};

// Payment's and delivery's.
inline Chore TrustDatabaseChore(const ServerSettings& settings) {
  return {
      "trust-database",
      "After the database was restored, or a standby took over: go on without waiting until the "
      "shop has compared all trades, and exit; beside the servers that run",
      [&settings] { return TrustDatabaseNow(settings.database); }};
}

// Those of whoever upgrades.
inline std::vector<Chore> MigrationChores(const ServerSettings& settings,
                                          const postgres::Schema& schema) {
  const postgres::Database& database = settings.database;
  return {{"migrate-only", "Bring the database up to date, and exit",
           [&] { return postgres::Migrate(database, schema.migrations, schema.steps); }},
          {"migrate-list", "Say which migrations the database has and which are to come, and exit",
           [&] { return PrintMigrations(database, schema); }},
          {"migrate-dry-run",
           "Print the SQL of the migrations that are to come, and exit; nothing is changed",
           [&] { return PrintMissingMigrations(database, schema); }}};
}

// `add_settings` adds what only this server has; `schema` is what its database is made of; `chores`
// are besides those of migrations. Returns the process' exit code: 0 after a clean drain, 1 when
// the server could not start (or, asked for its health, does not serve), 2 for a wrong setting.
template <typename Start>
int RunServer(int argc, char** argv, const std::string& name, const std::string& description,
              ServerSettings& server_settings, const std::function<void(Settings&)>& add_settings,
              const postgres::Schema& schema, Start start, std::vector<Chore> chores = {}) {
  Settings settings(description, name + " " + kVersion);
  bool health_check = false;
  std::ranges::move(MigrationChores(server_settings, schema), std::back_inserter(chores));
  settings.AddFlag("health-check", health_check,
                   "Ask the server that runs with these settings whether it serves, and exit");
  for (Chore& chore : chores) settings.AddFlag(chore.flag, chore.wanted, chore.help);
  server_settings.AddTo(settings);
  add_settings(settings);
  if (const auto code = settings.Parse(argc, argv)) {
    // In the format that is wanted, as far as that can be told.
    server_settings.log.service = name;
    server_settings.log.format = settings.Said("log-format");
    if (*code != 0) LogCannotStart(server_settings.log, settings.failure() + "; see --help");
    return *code;
  }
  if (health_check + std::ranges::count(chores, true, &Chore::wanted) > 1) {
    Say(name, "give one of the flags that say what to do and exit");
    return 2;
  }
  absl::Status ready = server_settings.TakeKeys();
  if (health_check) {
    const absl::Status healthy = server_settings.AskHealth();
    Say(name, healthy.ok() ? "serving" : healthy.message());
    return healthy.ok() ? 0 : 1;
  }
  if (ready.ok()) ready = server_settings.ReadPassword();
  BlockShutdownSignals();
  GiveMemoryBackSoon();
  server_settings.log.service = name;
  if (!ready.ok()) {
    LogCannotStart(server_settings.log, ready.message());
    return 2;
  }
  const absl::Status logs = log::Start(server_settings.log);
  if (!logs.ok()) {
    Say(name, logs.message());
    return 2;
  }
  const auto chore = std::ranges::find(chores, true, &Chore::wanted);
  int code = 0;
  if (chore != chores.end()) {
    const absl::Status done = chore->run();
    if (!done.ok()) log::Error("not done: " + chore->flag, {{"reason", done.message()}});
    code = done.ok() ? 0 : 1;
  } else {
    code = Serve(
        server_settings,
        [&] {
          return postgres::Migrate(server_settings.database, schema.migrations, schema.steps);
        },
        start, [&] { Reload(settings, server_settings.log.level); });
  }
  if (code == 0) log::Info(chore == chores.end() ? "stopped" : "done: " + chore->flag);
  log::Stop();
  return code;
}

}  // namespace tallystick::rpc
