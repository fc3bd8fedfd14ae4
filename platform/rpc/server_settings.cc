#include "platform/rpc/server_settings.h"

#include "platform/postgres/connection_string.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/health.h"

namespace tallystick::rpc {

void ServerSettings::AddTo(Settings& settings) {
  settings
      .Add("database-url", database_url,
           "PostgreSQL database, as a libpq connection string without password")
      ->required();
  settings.Add("database-password-file", database_password_file, "File with the password");
  settings
      .Add("database-connect-timeout-ms", database_connect_timeout_ms,
           "To connect to it, in whole seconds, 2 at least")
      ->check(CLI::Range(2'000, 600'000));
  settings
      .Add("database-timeout-ms", database_timeout_ms,
           "Of a transaction, from its begin to its commit; then the connection is cut")
      ->check(CLI::Range(100, 60'000));
  settings
      .Add("database-lock-timeout-ms", database_lock_timeout_ms,
           "For a row that another transaction holds")
      ->check(CLI::Range(10, 600'000));
  settings.Add("public-address", public_address, "Where buyers and back office connect, host:port");
  settings.Add("internal-address", internal_address, "Where the other servers connect, host:port");
  settings.AddFlag("plaintext-loopback", plaintext_loopback,
                   "Serve without TLS, on loopback addresses only");
  settings.Add("public-certificate", public_tls.certificate, "Of the public port, PEM");
  settings.Add("public-key", public_tls.key, "The key of that, PEM");
  settings.Add("internal-certificate", internal_tls.certificate,
               "Of the internal port, and shown to peers, PEM");
  settings.Add("internal-key", internal_tls.key, "The key of that, PEM");
  settings.Add("internal-ca", internal_tls.ca, "Whose certificates peers may show, PEM");
  settings.Add("token-keys", token_keys, "Folder of KID.pem public keys, or a JWKS file");
  settings.Add("token-issuer", token_issuer, "The `iss` that tokens must have");
  settings.Add("token-audience", token_audience,
               "The `aud` that tokens must have: the same for the three servers of a shop");
  settings.Add("token-keys-reload-ms", token_keys_reload_ms, "How often token-keys is looked at")
      ->check(CLI::Range(10, 3'600'000));
  settings
      .Add("max-remembered-tokens", max_remembered_tokens,
           "Tokens whose signature need not be checked again")
      ->check(CLI::Range(2, 10'000'000));
  settings.Add("max-live-calls", caller_limits.max_live_calls, "Calls under way at once")
      ->check(CLI::Range(1, 1'000'000));
  settings
      .Add("max-live-calls-per-caller", caller_limits.max_live_calls_per_caller,
           "Of one caller; each request of a batch and element of a page counts")
      ->check(CLI::Range(1, 1'000'000));
  settings
      .Add("max-calls-per-second-per-caller", caller_limits.max_calls_per_second,
           "Of one caller; twice as many may come at once")
      ->check(CLI::Range(1, 10'000'000));
  settings.Add("max-message-bytes", connection_limits.max_message_bytes, "Largest request")
      ->check(CLI::Range(1024, 64 * 1024 * 1024));
  settings
      .Add("max-metadata-bytes", connection_limits.max_metadata_bytes, "Largest metadata of a call")
      ->check(CLI::Range(1024, 1024 * 1024));
  settings
      .Add("max-concurrent-streams", connection_limits.max_concurrent_streams,
           "Calls at once on a connection")
      ->check(CLI::Range(1, 1'000'000));
  settings.Add("max-connections", connection_limits.max_connections, "At once, of each port")
      ->check(CLI::Range(1, 1'000'000));
  settings
      .Add("max-rpc-memory-bytes", connection_limits.max_memory_bytes,
           "Of each port's connections together")
      ->check(CLI::Range(int64_t{16} << 20, int64_t{1} << 40));
  settings
      .Add("handshake-timeout-ms", handshake_timeout_ms,
           "From the connection to its first settings frame")
      ->check(CLI::Range(100, 600'000));
  settings
      .Add("max-connection-idle-ms", max_connection_idle_ms,
           "A connection without calls is closed after this")
      ->check(CLI::Range(100, 86'400'000));
  settings
      .Add("max-connection-age-ms", max_connection_age_ms,
           "A connection takes no new calls after this; its caller connects again")
      ->check(CLI::Range(100, 86'400'000));
  settings
      .Add("max-connection-age-grace-ms", max_connection_age_grace_ms,
           "Time for its calls under way then")
      ->check(CLI::Range(0, 86'400'000));
  settings.Add("drain-timeout-ms", drain_timeout_ms, "Time for calls under way at SIGTERM")
      ->check(CLI::Range(0, 3'600'000));
  settings.Add("max-batch", max_batch, "Requests written with one commit")
      ->check(CLI::Range(1, 500));
  settings.Add("max-queue", max_queue, "Requests that wait; more are RESOURCE_EXHAUSTED")
      ->check(CLI::Range(1, 1'000'000));
  settings
      .Add("max-queue-wait-ms", max_queue_wait_ms,
           "While the oldest request waits for longer, new ones are RESOURCE_EXHAUSTED")
      ->check(CLI::Range(1, 600'000));
  settings
      .Add("work-lease-ms", work_lease_ms,
           "After this long, others take over the due work of a server that died")
      ->check(CLI::Range(100, 3'600'000));
  settings.Add("poll-interval-ms", poll_interval_ms, "How often due work is looked for")
      ->check(CLI::Range(10, 3'600'000));
  settings
      .Add("max-work-attempts", max_work_attempts,
           "Work that fails so often, while other work does not, waits for a person")
      ->check(CLI::Range(1, 100'000));
  settings.Add("peer-timeout-ms", peer_timeout_ms, "Of a call to another server")
      ->check(CLI::Range(100, 600'000));
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
  settings
      .Add("history-retention-hours", history_retention_hours,
           "How long a trade's revision is kept after a later one; 0: for ever")
      ->check(CLI::Range(0, 24 * 36600));
  settings
      .Add("audit-retention-hours", audit_retention_hours,
           "How long the audit is kept, 30 days at least; 0: for ever")
      ->check(CLI::Range(0, 24 * 36600));
  settings.Add("trim-interval-ms", trim_interval_ms, "How often what is too old is looked for")
      ->check(CLI::Range(10, 86'400'000));
  settings.Add("log-level", log_level, "What is logged")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  settings.Add("log-format", log_format, "How it is logged")
      ->check(CLI::IsMember({"text", "json"}));
}

absl::Status ServerSettings::ReadPassword() {
  const absl::StatusOr<std::string> url =
      postgres::WithPassword(database_url, database_password_file);
  if (url.ok()) database_url = *url;
  return url.status();
}

postgres::Database ServerSettings::database() const {
  return {database_url,
          {absl::Milliseconds(database_connect_timeout_ms), absl::Milliseconds(database_timeout_ms),
           absl::Milliseconds(database_lock_timeout_ms)}};
}

ServerOptions ServerSettings::server_options() const {
  ServerOptions options;
  options.public_address = public_address;
  options.internal_address = internal_address;
  options.public_tls = public_tls;
  options.internal_tls = internal_tls;
  options.plaintext_loopback = plaintext_loopback;
  options.limits = connection_limits;
  options.limits.handshake_timeout = absl::Milliseconds(handshake_timeout_ms);
  options.limits.max_connection_idle = absl::Milliseconds(max_connection_idle_ms);
  options.limits.max_connection_age = absl::Milliseconds(max_connection_age_ms);
  options.limits.max_connection_age_grace = absl::Milliseconds(max_connection_age_grace_ms);
  options.drain_timeout = absl::Milliseconds(drain_timeout_ms);
  options.database = database();
  return options;
}

absl::StatusOr<std::unique_ptr<Gate>> ServerSettings::OpenGate() const {
  if (token_keys.empty()) {
    return absl::FailedPreconditionError(
        "--token-keys is missing: the public keys that buyers' tokens are signed with; "
        "`tally-keys init` makes some");
  }
  TokenVerifierOptions options;
  options.keys_path = token_keys;
  options.rules = {token_issuer, token_audience};
  options.reload_interval = absl::Milliseconds(token_keys_reload_ms);
  options.max_remembered = max_remembered_tokens;
  auto tokens = TokenVerifier::Start(std::move(options));
  if (!tokens.ok()) return tokens.status();
  return std::make_unique<Gate>(GateOptions{caller_limits, plaintext_loopback}, *std::move(tokens));
}

Peer ServerSettings::PeerAt(const std::string& service, const std::string& addresses) const {
  return {MakePeerChannel(service, addresses,
                          plaintext_loopback ? grpc::InsecureChannelCredentials()
                                             : PeerTls(internal_tls, service)),
          absl::Milliseconds(peer_timeout_ms)};
}

absl::Status ServerSettings::AskHealth() const {
  return CheckHealth(public_address,
                     plaintext_loopback ? grpc::InsecureChannelCredentials() : TrustAnybody(),
                     absl::Seconds(3));
}

StatusDeskOptions ServerSettings::desk_options(std::string table, PastStatus past,
                                               std::optional<int16_t> report_queue,
                                               std::vector<Retention> retentions) const {
  StatusDeskOptions options;
  options.snapshots.batcher = batcher_options();
  options.snapshots.table = std::move(table);
  options.snapshots.queue = kSnapshotQueue;
  options.snapshots.work_lease = work_lease();
  options.snapshots.max_pending = static_cast<size_t>(max_pending_receive_times);
  options.snapshots.max_ahead = absl::Hours(max_receive_ahead_hours);
  options.snapshots.past = past;
  options.watches.look_interval = absl::Milliseconds(look_interval_ms);
  options.watches.max_age = absl::Milliseconds(max_watch_ms);
  options.watches.max_watchers = static_cast<size_t>(max_watches);
  options.poll_interval = poll_interval();
  options.trimming.interval = absl::Milliseconds(trim_interval_ms);
  options.trimming.history_max_age = absl::Hours(history_retention_hours);
  options.trimming.past = std::move(past);
  options.trimming.report_queue = report_queue;
  options.trimming.retentions = std::move(retentions);
  options.trimming.retentions.push_back({"snapshots", "snapshots", "receive_time",
                                         "trading_id, receive_time", "",
                                         absl::Hours(history_retention_hours)});
  options.trimming.retentions.push_back({"audit", "audit", "audit_time", "trading_id, audit_id", "",
                                         absl::Hours(audit_retention_hours)});
  return options;
}

}  // namespace tallystick::rpc
