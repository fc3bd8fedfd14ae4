// What a server says about its migrations without applying any, on standard output.
#pragma once

#include "absl/status/status.h"
#include "platform/postgres/migrations.h"

namespace tallystick::rpc {

// A line each: its name, and when it was applied or that it is to come.
// FAILED_PRECONDITION, after that, when the database is ahead of this binary.
absl::Status PrintMigrations(const postgres::Database& database, const postgres::Schema& schema);

// The SQL of those that are to come, as one transaction.
absl::Status PrintMissingMigrations(const postgres::Database& database,
                                    const postgres::Schema& schema);

}  // namespace tallystick::rpc
