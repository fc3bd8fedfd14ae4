// The settings that all three servers share: the options of what they are made of, each with the
// default that it has there.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "platform/admission/gate.h"
#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/postgres/connection_string.h"
#include "platform/process/log.h"
#include "platform/process/settings.h"
#include "platform/relay/queue_worker.h"
#include "platform/service/server.h"
#include "platform/transport/channel.h"

namespace tallystick::rpc {

// Checks of settings: host:port, the same or nothing, and one or more of them with commas in
// between.
extern const SettingCheck kAddress;
extern const SettingCheck kNoAddressOrOne;
extern const SettingCheck kAddresses;

// What log-level may be.
SettingCheck LogLevelCheck();

struct ServerSettings {
  postgres::Database database;
  std::string database_password_file;
  std::string keys;  // folder; see TakeKeys
  ServerOptions ports;
  TokenVerifierOptions tokens{.rules = {"tallystick", "tallystick"}};
  CallerLimitsOptions caller_limits;
  BatcherOptions batching;
  QueueWorkerOptions work;  // but for the queue
  absl::Duration peer_timeout = absl::Seconds(5);
  StatusDeskOptions statuses;  // but for what DeskFor gives
  absl::Duration audit_retention = absl::Hours(24 * 400);
  log::Options log;

  void AddTo(Settings& settings);
  // What the settings name no file for, they take from the folder `keys`, laid out as tally-keys
  // does for each server.
  // INVALID_ARGUMENT when there is no such folder.
  absl::Status TakeKeys();
  // Puts the password of database_password_file into the database's URL. INVALID_ARGUMENT when the
  // file cannot be read, or when the URL has one itself: what stands in a flag, every process of
  // the machine can read.
  absl::Status ReadPassword();

  // What TokenVerifier::Start says when there are no keys.
  absl::StatusOr<std::unique_ptr<Gate>> OpenGate() const;
  // The internal port of the server `service`; see MakePeerChannel.
  Peer PeerAt(const std::string& service, const std::string& addresses) const;
  // Asks the server that runs with these settings whether it serves.
  absl::Status AskHealth() const;
  // Of a service's own tables; see TradeTables.
  StatusDeskOptions DeskFor(std::string documents, PastStatus past,
                            std::optional<int16_t> report_queue,
                            std::vector<postgres::Retention> retentions) const;
  // For what has a transaction each.
  BatcherOptions one_by_one() const;
};

}  // namespace tallystick::rpc
