// The settings that all three servers share.
#pragma once

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/gate.h"
#include "platform/rpc/server.h"
#include "platform/runtime/log.h"
#include "platform/runtime/settings.h"

namespace tallystick::rpc {

struct ServerSettings {
  std::string database_url;
  std::string database_password_file;
  int database_connect_timeout_ms = 3'000;
  int database_timeout_ms = 5'000;
  int database_lock_timeout_ms = 1'000;
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
  int max_queue_wait_ms = 500;
  int work_lease_ms = 10'000;
  int poll_interval_ms = 1'000;
  int32_t max_work_attempts = QueueWorkerOptions{}.max_attempts;
  int peer_timeout_ms = 5'000;
  int look_interval_ms = 250;
  int max_watch_ms = 600'000;
  int max_watches = 10'000;
  int max_pending_receive_times = 20;
  int max_receive_ahead_hours = 24 * 366;
  int history_retention_hours = 24 * 90;
  int audit_retention_hours = 24 * 400;
  int trim_interval_ms = 600'000;
  std::string log_level = "info";
  std::string log_format = "text";

  void AddTo(Settings& settings);
  // Puts the password of database_password_file into database_url. INVALID_ARGUMENT when the file
  // cannot be read, or when database_url has one itself: what stands in a flag, every process of
  // the machine can read.
  absl::Status ReadPassword();

  postgres::Database database() const;
  ServerOptions server_options() const;
  // What TokenVerifier::Start says when there are no keys.
  absl::StatusOr<std::unique_ptr<Gate>> OpenGate() const;
  // The internal port of the server `service`; see MakePeerChannel.
  Peer PeerAt(const std::string& service, const std::string& addresses) const;
  // Asks the server that runs with these settings whether it serves.
  absl::Status AskHealth() const;
  // Of the table `table`; `report_queue`: see TrimmerOptions.
  StatusDeskOptions desk_options(std::string table, PastStatus past,
                                 std::optional<int16_t> report_queue,
                                 std::vector<Retention> retentions = {}) const;
  QueueWorkerOptions worker_options(int16_t queue, std::string name) const {
    return {.queue = queue,
            .name = std::move(name),
            .max_attempts = max_work_attempts,
            .poll_interval = poll_interval(),
            .lease = work_lease()};
  }
  BatcherOptions batcher_options() const {
    return {max_batch, max_queue, absl::Milliseconds(max_queue_wait_ms)};
  }
  // For what has a transaction each.
  BatcherOptions single_options() const {
    return {1, max_queue, absl::Milliseconds(max_queue_wait_ms)};
  }
  log::Options log_options(const std::string& service) const {
    return {service, log_level, log_format == "json"};
  }
  absl::Duration work_lease() const { return absl::Milliseconds(work_lease_ms); }
  absl::Duration poll_interval() const { return absl::Milliseconds(poll_interval_ms); }
};

}  // namespace tallystick::rpc
