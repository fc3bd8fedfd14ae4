#include "platform/postgres/identity.h"

namespace tallystick::postgres {
namespace {

// (The timeline of pg_control is that of the last checkpoint, which may come long after a
// failover.)
constexpr Query kIdentity{"database_identity",
                          "SELECT (SELECT system_identifier FROM pg_control_system()) || '/' || "
                          "left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/' || "
                          "(SELECT oid FROM pg_database WHERE datname = current_database())"};

}  // namespace

std::string ReadIdentity(Transaction& transaction) {
  return transaction.Exec(kIdentity)[0][0].c_str();
}

}  // namespace tallystick::postgres
