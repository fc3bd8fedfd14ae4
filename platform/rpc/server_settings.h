// The settings that all three servers share.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/rpc/gate.h"
#include "platform/rpc/server.h"
#include "platform/runtime/log.h"
#include "platform/runtime/settings.h"

namespace tallystick::rpc {

struct ServerSettings {
  std::string database_url;
  std::string database_password_file;
  std::string public_address;
  std::string internal_address;
  bool plaintext_loopback = false;
  TlsFiles public_tls;
  TlsFiles internal_tls;
  std::string token_keys;
  std::string token_issuer = "tallystick";
  std::string token_audience = "tallystick";
  int token_keys_reload_ms = 1'000;
  size_t max_remembered_tokens = TokenVerifierOptions{}.max_remembered;
  CallerLimitsOptions caller_limits;
  ConnectionLimits connection_limits;
  int handshake_timeout_ms = 10'000;
  int max_connection_idle_ms = 300'000;
  int max_connection_age_ms = 3'600'000;
  int max_connection_age_grace_ms = 600'000;
  int drain_timeout_ms = 10'000;
  size_t max_batch = BatcherOptions{}.max_batch;
  size_t max_queue = BatcherOptions{}.max_queue;
  int work_lease_ms = 10'000;
  int poll_interval_ms = 1'000;
  int look_interval_ms = 250;
  int max_watch_ms = 600'000;
  int max_watches = 10'000;
  int max_pending_receive_times = 20;
  int max_receive_ahead_hours = 24 * 366;
  std::string log_level = "info";
  std::string log_format = "text";

  void AddTo(Settings& settings);
  // Puts the password of database_password_file into database_url. INVALID_ARGUMENT when the file
  // cannot be read, or when database_url has one itself: what stands in a flag, every process of
  // the machine can read.
  absl::Status ReadPassword();

  ServerOptions server_options() const;
  // What TokenVerifier::Start says when there are no keys.
  absl::StatusOr<std::unique_ptr<Gate>> OpenGate() const;
  // To the internal port of the server `service`.
  std::shared_ptr<grpc::Channel> PeerChannel(const std::string& service,
                                             const std::string& address) const;
  // Asks the server that runs with these settings whether it serves.
  absl::Status AskHealth() const;
  // Of the table `table`; `compose` makes a document out of a history, of which it needs all or
  // only the latest.
  StatusDeskOptions desk_options(
      std::string table, bool whole_history,
      std::function<std::string(std::span<const postgres::HistoryEntry>)> compose) const;
  QueueWorkerOptions worker_options(int16_t queue, std::string name) const {
    return {.queue = queue,
            .name = std::move(name),
            .poll_interval = poll_interval(),
            .lease = work_lease()};
  }
  BatcherOptions batcher_options() const { return {max_batch, max_queue}; }
  log::Options log_options(const std::string& service) const {
    return {service, log_level, log_format == "json"};
  }
  absl::Duration work_lease() const { return absl::Milliseconds(work_lease_ms); }
  absl::Duration poll_interval() const { return absl::Milliseconds(poll_interval_ms); }
};

}  // namespace tallystick::rpc
