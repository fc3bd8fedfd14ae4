#include "platform/service/server_settings.h"

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "platform/trade/text.h"
#include "platform/transport/health_check.h"

namespace tallystick::rpc {

namespace {

std::string WhyNoAddress(const std::string& text) {
  return IsHostPort(text) ? "" : absl::StrCat("'", text, "' is not HOST:PORT");
}

}  // namespace

const SettingCheck kAddress{"HOST:PORT", WhyNoAddress};
const SettingCheck kNoAddressOrOne{
    "HOST:PORT", [](const std::string& text) { return text.empty() ? "" : WhyNoAddress(text); }};
const SettingCheck kAddresses{"HOST:PORT", [](const std::string& text) {
                                for (const absl::string_view one : absl::StrSplit(text, ',')) {
                                  if (std::string why = WhyNoAddress(std::string(one));
                                      !why.empty())
                                    return why;
                                }
                                return std::string();
                              }};

namespace {

constexpr auto Millis = [](int64_t count) { return absl::Milliseconds(count); };

void AddDatabase(ServerSettings& all, Settings& settings) {
  postgres::Timeouts& timeouts = all.database.timeouts;
  settings.Add("database-url", all.database.url,
               "PostgreSQL database, as a libpq connection string without password");
  settings.Require("database-url");
  settings.Add("database-password-file", all.database_password_file, "File with the password");
  settings.Add("database-connect-timeout-ms", timeouts.connect,
               "To connect to it, in whole seconds, 2 at least", absl::Seconds(2),
               absl::Minutes(10));
  settings.Add("database-timeout-ms", timeouts.transaction,
               "Of a transaction, from its begin to its commit; then the connection is cut",
               Millis(100), absl::Minutes(1));
  settings.Add("database-lock-timeout-ms", timeouts.lock,
               "For a row that another transaction holds", Millis(10), absl::Minutes(10));
}

void AddPorts(ServerSettings& all, Settings& settings) {
  ServerOptions& ports = all.ports;
  settings.Add("public-address", ports.public_address,
               "Where buyers and back office connect, host:port", kAddress);
  settings.Add("internal-address", ports.internal_address,
               "Where the other servers connect, host:port", kAddress);
  settings.Add("metrics-listen", ports.metrics_listen,
               "Where metrics, liveness and readiness are told over HTTP, host:port of a network "
               "that is not public; empty: nowhere",
               kNoAddressOrOne);
  settings.AddFlag("plaintext-loopback", ports.plaintext_loopback,
                   "Serve without TLS, on loopback addresses only");
  settings.Add(
      "keys", all.keys,
      "Folder of this server's keys, as tally-keys makes it: whatever of the certificates, "
      "keys and token-keys is not set by itself is taken from there");
  settings.Add("public-certificate", ports.public_tls.certificate, "Of the public port, PEM");
  settings.Add("public-key", ports.public_tls.key, "The key of that, PEM");
  settings.Add("internal-certificate", ports.internal_tls.certificate,
               "Of the internal port, and shown to peers, PEM");
  settings.Add("internal-key", ports.internal_tls.key, "The key of that, PEM");
  settings.Add("internal-ca", ports.internal_tls.ca, "Whose certificates peers may show, PEM");
  settings.AddFlag("reflection", ports.reflection,
                   "Operators may ask the public port which services and messages it has, as "
                   "grpcurl does");
  settings.Add("drain-timeout-ms", ports.drain_timeout, "Time for calls under way at SIGTERM",
               Millis(0), absl::Hours(1));
}

void AddConnectionLimits(ConnectionLimits& limits, Settings& settings) {
  settings.Add("max-message-bytes", limits.messages.max_message_bytes, "Largest request", 1024,
               64 * 1024 * 1024);
  settings.Add("max-message-elements", limits.messages.max_message_elements,
               "Messages and elements of lists in one request, at any depth", 100, 10'000'000);
  settings.Add("max-metadata-bytes", limits.max_metadata_bytes, "Largest metadata of a call", 1024,
               1024 * 1024);
  settings.Add("max-concurrent-streams", limits.max_concurrent_streams,
               "Calls at once on a connection", 1, 1'000'000);
  settings.Add(
      "max-calls-per-connection", limits.bounds.max_calls,
      "Calls of a connection that are not over, whatever became of their streams; one with "
      "more is cut",
      1, 1'000'000);
  settings.Add("max-arrived-calls", limits.bounds.max_arrived_calls,
               "Calls of a port that were read and that no handler has yet", 16, 1'000'000);
  settings.Add("max-bytes-without-call", limits.bounds.max_bytes_without_call,
               "What a connection may send in ten seconds in which no call of it comes in",
               64 * 1024, 1024 * 1024 * 1024);
  settings.Add(
      "max-unadmitted-calls", limits.bounds.max_unadmitted_calls,
      "Calls of a port that nobody was let in with and that are not over; beyond, connections "
      "with more than their share are cut",
      1, 1'000'000);
  settings.Add(
      "max-refused-calls-in-a-row", limits.bounds.max_refused_in_a_row,
      "Calls of a connection, one after the other, that nobody was let in with and that were "
      "not complete; one with more is cut",
      1, 1'000'000);
  settings.Add("max-unfinished-bytes-per-connection", limits.bounds.max_unfinished_bytes,
               "Of requests that are not complete; a connection with more is cut", int64_t{1} << 20,
               int64_t{1} << 40);
  settings.Add("max-unfinished-bytes", limits.bounds.max_unfinished_bytes_of_all,
               "The same of all connections of a port; the one with most is cut", int64_t{1} << 20,
               int64_t{1} << 40);
  settings.Add("max-request-read-ms", limits.bounds.read_timeout,
               "How long the message of a call may take to come", Millis(100), absl::Minutes(10));
  settings.Add("max-connections", limits.bounds.max_connections, "At once, of each port", 1,
               1'000'000);
  settings.Add("max-rpc-memory-bytes", limits.max_memory_bytes,
               "Of each port's connections together", int64_t{16} << 20, int64_t{1} << 40);
  settings.Add("handshake-timeout-ms", limits.handshake_timeout,
               "From the connection to its first settings frame", Millis(100), absl::Minutes(10));
  settings.Add("max-connection-idle-ms", limits.max_connection_idle,
               "A connection without calls is closed after this", Millis(100), absl::Hours(24));
  settings.Add("max-connection-age-ms", limits.max_connection_age,
               "A connection takes no new calls after this; its caller connects again", Millis(100),
               absl::Hours(24));
  settings.Add("max-connection-age-grace-ms", limits.max_connection_age_grace,
               "Time for its calls under way then", Millis(0), absl::Hours(24));
}

void AddCallers(ServerSettings& all, Settings& settings) {
  CallerLimitsOptions& limits = all.caller_limits;
  settings.Add("token-keys", all.tokens.keys_path, "Folder of KID.pem public keys, or a JWKS file");
  settings.Add("revoked-tokens", all.tokens.revoked_path,
               "File with `subject NAME` or `token ID` a line: whose tokens count no more");
  settings.Add("token-issuer", all.tokens.rules.issuer, "The `iss` that tokens must have");
  settings.Add("token-audience", all.tokens.rules.audience,
               "The `aud` that tokens must have: the same for the three servers of a shop");
  settings.Add("token-keys-reload-ms", all.tokens.reload_interval,
               "How often token-keys and revoked-tokens are looked at", Millis(10), absl::Hours(1));
  settings.Add("max-remembered-tokens", all.tokens.max_remembered,
               "Tokens whose signature need not be checked again", 2, 10'000'000);
  settings.Add("max-live-calls", limits.max_live_calls, "Calls under way at once", 1, 1'000'000);
  settings.Add("max-live-calls-per-caller", limits.max_live_calls_per_caller,
               "Of one caller; each request of a batch and element of a page counts", 1, 1'000'000);
  settings.Add("max-calls-per-second-per-caller", limits.max_calls_per_second,
               "Of one caller; twice as many may come at once", 1, 10'000'000);
  settings.Add("max-unread-bytes-per-caller", limits.max_unread_bytes_per_caller,
               "Of answers that one caller has not read", int64_t{1} << 16, int64_t{1} << 40);
  settings.Add("max-unread-bytes", limits.max_unread_bytes, "Of answers that nobody has read yet",
               int64_t{1} << 16, int64_t{1} << 40);
}

void AddWork(ServerSettings& all, Settings& settings) {
  settings.Add("max-batch", all.batching.max_batch, "Requests written with one commit", 1, 500);
  settings.Add("max-queue", all.batching.max_queue,
               "Requests that wait; more are RESOURCE_EXHAUSTED", 1, 1'000'000);
  settings.Add("max-queue-wait-ms", all.batching.max_wait,
               "While the oldest request waits for longer, new ones are RESOURCE_EXHAUSTED",
               Millis(1), absl::Minutes(10));
  settings.Add("work-lease-ms", all.work.lease,
               "After this long, others take over the due work of a server that died", Millis(100),
               absl::Hours(1));
  settings.Add("poll-interval-ms", all.work.poll_interval, "How often due work is looked for",
               Millis(10), absl::Hours(1));
  settings.Add("max-work-attempts", all.work.max_attempts,
               "Work that fails so often, while other work does not, waits for a person", 1,
               100'000);
  settings.Add("peer-timeout-ms", all.peer_timeout, "Of a call to another server", Millis(100),
               absl::Minutes(10));
}

void AddStatuses(ServerSettings& all, Settings& settings) {
  WatchHubOptions& watches = all.statuses.watches;
  SnapshotOptions& snapshots = all.statuses.snapshots;
  TrimmerOptions& trimming = all.statuses.trimming;
  constexpr absl::Duration kLongest = absl::Hours(24 * 36600);
  settings.Add("look-interval-ms", watches.look_interval,
               "How often watchers look for what other replicas changed", Millis(10),
               absl::Minutes(1));
  settings.Add("max-watch-ms", watches.max_age, "A watch ends after this; its caller resumes it",
               absl::Seconds(1), absl::Hours(24));
  settings.Add("max-watches", watches.max_watchers, "Watches at once; more are RESOURCE_EXHAUSTED",
               1, 1'000'000);
  settings.Add("max-pending-receive-times", snapshots.max_pending,
               "Requests for a status at a time to come, of one trade", 1, 10'000);
  settings.Add("max-receive-ahead-hours", snapshots.max_ahead,
               "How far ahead a status can be asked for", absl::Hours(1), absl::Hours(24 * 3660));
  settings.Add("history-retention-hours", trimming.history_max_age,
               "How long a trade's revision is kept after a later one; 0: for ever",
               absl::ZeroDuration(), kLongest);
  settings.Add("audit-retention-hours", all.audit_retention,
               "How long the audit is kept, 30 days at least; 0: for ever", absl::ZeroDuration(),
               kLongest);
  settings.Check("audit-retention-hours", {"", [](const std::string& text) -> std::string {
                                             int64_t hours = 0;
                                             const bool allowed = absl::SimpleAtoi(text, &hours) &&
                                                                  (hours == 0 || hours >= 30 * 24);
                                             return allowed ? "" : "give 720 at least, or 0";
                                           }});
  settings.Add("trim-interval-ms", trimming.interval, "How often what is too old is looked for",
               Millis(10), absl::Hours(24));
}

}  // namespace

SettingCheck LogLevelCheck() { return OneOf({"debug", "info", "warn", "error"}); }

void ServerSettings::AddTo(Settings& settings) {
  AddDatabase(*this, settings);
  AddPorts(*this, settings);
  AddConnectionLimits(ports.limits, settings);
  AddCallers(*this, settings);
  AddWork(*this, settings);
  AddStatuses(*this, settings);
  settings.Add("log-level", log.level, "What is logged", LogLevelCheck());
  settings.AddFlag("access-log", log.access,
                   "A line a call, and one a message within a call, of level info");
  settings.Add("log-format", log.format, "How it is logged", OneOf({"text", "json"}));
}

absl::Status ServerSettings::TakeKeys() {
  if (keys.empty()) return absl::OkStatus();
  if (!std::filesystem::is_directory(keys)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--keys: ", keys, " is no folder; `tally-keys init` makes one for each server"));
  }
  const auto take = [this](std::string& setting, const char* file) {
    if (setting.empty()) setting = keys + "/" + file;
  };
  take(ports.public_tls.certificate, "public.crt");
  take(ports.public_tls.key, "public.key");
  take(ports.internal_tls.certificate, "internal.crt");
  take(ports.internal_tls.key, "internal.key");
  take(ports.internal_tls.ca, "internal-ca.crt");
  take(tokens.keys_path, "token-keys");
  return absl::OkStatus();
}

absl::Status ServerSettings::ReadPassword() {
  const absl::StatusOr<std::string> url =
      postgres::WithPassword(database.url, database_password_file);
  if (url.ok()) database.url = *url;
  return url.status();
}

absl::StatusOr<std::unique_ptr<Gate>> ServerSettings::OpenGate() const {
  if (tokens.keys_path.empty()) {
    return absl::FailedPreconditionError(
        "--keys or --token-keys is missing: the public keys that buyers' tokens are signed with; "
        "`tally-keys init` makes some");
  }
  auto verifier = TokenVerifier::Start(tokens);
  if (!verifier.ok()) return verifier.status();
  return std::make_unique<Gate>(GateOptions{caller_limits, ports.plaintext_loopback},
                                *std::move(verifier));
}

Peer ServerSettings::PeerAt(const std::string& service, const std::string& addresses) const {
  return {MakePeerChannel(service, addresses,
                          ports.plaintext_loopback ? grpc::InsecureChannelCredentials()
                                                   : PeerTls(ports.internal_tls, service)),
          peer_timeout};
}

absl::Status ServerSettings::AskHealth() const {
  return CheckHealth(ports.public_address,
                     ports.plaintext_loopback ? grpc::InsecureChannelCredentials() : TrustAnybody(),
                     absl::Seconds(3));
}

StatusDeskOptions ServerSettings::DeskFor(std::string documents, PastStatus past,
                                          std::optional<int16_t> report_queue,
                                          std::vector<postgres::Retention> retentions) const {
  StatusDeskOptions options = statuses;
  options.work = work;
  options.snapshots.batcher = batching;
  options.snapshots.table = std::move(documents);
  options.snapshots.past = past;
  TrimmerOptions& trimming = options.trimming;
  trimming.past = std::move(past);
  trimming.report_queue = report_queue;
  trimming.retentions = std::move(retentions);
  trimming.retentions.push_back({"snapshots", "snapshots", "receive_time",
                                 "trading_id, receive_time", "", trimming.history_max_age});
  trimming.retentions.push_back(
      {"audit", "audit", "audit_time", "trading_id, audit_id", "", audit_retention});
  return options;
}

BatcherOptions ServerSettings::one_by_one() const {
  BatcherOptions options = batching;
  options.max_batch = 1;
  return options;
}

}  // namespace tallystick::rpc
