#include "platform/relay/known_database.h"

#include "platform/postgres/identity.h"
#include "platform/process/log.h"

namespace tallystick {
namespace {

constexpr postgres::Query kIsKnown{"known_database_is",
                                   "SELECT 1 FROM known_database WHERE only_row AND identity = $1"};
constexpr postgres::Query kTrust{
    "known_database_put",
    "INSERT INTO known_database (only_row, identity) VALUES (true, $1) "
    "ON CONFLICT (only_row) DO UPDATE SET identity = excluded.identity "
    "WHERE known_database.identity <> excluded.identity"};

}  // namespace

absl::Status DatabaseTrust::Check(postgres::Transaction& transaction) {
  if (trusted_connection_ == transaction.connection()) return absl::OkStatus();
  if (transaction.Exec(kIsKnown, postgres::ReadIdentity(transaction)).empty()) {
    return absl::UnavailableError(
        "the database was restored, or a standby took over: nothing is done before the shop has "
        "compared all trades");
  }
  trusted_connection_ = transaction.connection();
  return absl::OkStatus();
}

void TrustDatabase(postgres::Transaction& transaction, const std::string& identity) {
  if (postgres::ReadIdentity(transaction) != identity) return;
  if (transaction.Exec(kTrust, identity).affected_rows() == 0) return;
  log::Warn("the shop has compared all trades with the database: it goes on");
}

absl::Status TrustDatabaseNow(const postgres::Database& database) {
  postgres::Session session({.database = database});
  return session
      .Run([](postgres::Transaction& transaction) {
        TrustDatabase(transaction, postgres::ReadIdentity(transaction));
        return true;
      })
      .status();
}

}  // namespace tallystick
