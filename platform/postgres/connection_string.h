// How the servers reach their database: what the user's connection string says, and what must hold
// whatever it says.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/postgres/database_meters.h"

namespace tallystick::postgres {

struct Timeouts {
  // To connect and be let in; libpq takes whole seconds, 2 at least.
  absl::Duration connect = absl::Seconds(3);
  // Of a transaction, from its begin to its commit, and so of each statement.
  absl::Duration transaction = absl::Seconds(5);
  // For a row that another transaction holds.
  absl::Duration lock = absl::Seconds(1);
};

struct Database {
  std::string url;  // libpq connection string or URI
  Timeouts timeouts;
  DatabaseMeters meters;  // of all its sessions
};

// `url` with what the file says as its password. INVALID_ARGUMENT when it is not a libpq connection
// string, has a password itself, or the file cannot be read.
absl::StatusOr<std::string> WithPassword(const std::string& url, const std::string& password_file);

// The connection string of one session: the database's with its timeouts, with the limits after
// which a connection counts as silent (about 10 s, at both ends, so that the locks of a machine
// that vanished are given back), and with `synchronous_commit` off unless `durable`. What the
// user's string says itself wins, its `options` too. INVALID_ARGUMENT when it is none.
absl::StatusOr<std::string> SessionString(const Database& database, bool durable);

}  // namespace tallystick::postgres
