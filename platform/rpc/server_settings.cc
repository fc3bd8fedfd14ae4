#include "platform/rpc/server_settings.h"

namespace tallystick::rpc {

void ServerSettings::AddTo(Settings& settings) {
  settings.Add("database-url", database_url, "PostgreSQL database, as a libpq connection string")
      ->required();
  settings.Add("public-address", public_address, "Where buyers and back office connect, host:port");
  settings.Add("internal-address", internal_address, "Where the other servers connect, host:port");
  settings.AddFlag("plaintext-loopback", plaintext_loopback,
                   "Serve without TLS, on loopback addresses only");
  settings.Add("max-message-bytes", max_message_bytes, "Largest request")
      ->check(CLI::Range(1024, 64 * 1024 * 1024));
  settings.Add("max-concurrent-streams", max_concurrent_streams, "Calls at once on a connection")
      ->check(CLI::Range(1, 1'000'000));
  settings.Add("drain-timeout-ms", drain_timeout_ms, "Time for calls under way at SIGTERM")
      ->check(CLI::Range(0, 3'600'000));
  settings.Add("max-batch", max_batch, "Requests written with one commit")
      ->check(CLI::Range(1, 500));
  settings.Add("max-queue", max_queue, "Requests that wait; more are RESOURCE_EXHAUSTED")
      ->check(CLI::Range(1, 1'000'000));
  settings
      .Add("work-lease-ms", work_lease_ms,
           "After this long, others take over the due work of a server that died")
      ->check(CLI::Range(100, 3'600'000));
  settings.Add("poll-interval-ms", poll_interval_ms, "How often due work is looked for")
      ->check(CLI::Range(10, 3'600'000));
  settings
      .Add("look-interval-ms", look_interval_ms,
           "How often watchers look for what other replicas changed")
      ->check(CLI::Range(10, 60'000));
  settings.Add("max-watch-ms", max_watch_ms, "A watch ends after this; its caller resumes it")
      ->check(CLI::Range(1'000, 86'400'000));
  settings.Add("max-watches", max_watches, "Watches at once; more are RESOURCE_EXHAUSTED")
      ->check(CLI::Range(1, 1'000'000));
  settings
      .Add("max-pending-receive-times", max_pending_receive_times,
           "Requests for a status at a time to come, of one trade")
      ->check(CLI::Range(1, 10'000));
  settings
      .Add("max-receive-ahead-hours", max_receive_ahead_hours,
           "How far ahead a status can be asked for")
      ->check(CLI::Range(1, 24 * 3660));
  settings.Add("log-level", log_level, "What is logged")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  settings.Add("log-format", log_format, "How it is logged")
      ->check(CLI::IsMember({"text", "json"}));
}

ServerOptions ServerSettings::server_options() const {
  return {public_address,    internal_address,       plaintext_loopback,
          max_message_bytes, max_concurrent_streams, absl::Milliseconds(drain_timeout_ms)};
}

StatusDeskOptions ServerSettings::desk_options(
    std::string table, bool whole_history,
    std::function<std::string(std::span<const postgres::HistoryEntry>)> compose) const {
  StatusDeskOptions options;
  options.snapshots.batcher = batcher_options();
  options.snapshots.table = std::move(table);
  options.snapshots.queue = kSnapshotQueue;
  options.snapshots.work_lease = work_lease();
  options.snapshots.max_pending = static_cast<size_t>(max_pending_receive_times);
  options.snapshots.max_ahead = absl::Hours(max_receive_ahead_hours);
  options.snapshots.whole_history = whole_history;
  options.snapshots.compose = std::move(compose);
  options.watches.look_interval = absl::Milliseconds(look_interval_ms);
  options.watches.max_age = absl::Milliseconds(max_watch_ms);
  options.watches.max_watchers = static_cast<size_t>(max_watches);
  options.poll_interval = poll_interval();
  return options;
}

}  // namespace tallystick::rpc
