#include "platform/relay/known_database.h"

#include "platform/postgres/identity.h"
#include "platform/process/log.h"

namespace tallystick {
namespace {

constexpr char kBeforeNonce[] = "#";

constexpr postgres::Query kMakeNonce{
    "known_database_nonce",
    "UPDATE known_database SET nonce = gen_random_uuid()::text, nonce_of = $1 "
    "WHERE only_row AND identity <> $1 AND nonce_of <> $1"};
constexpr postgres::Query kNonce{"known_database_told",
                                 "SELECT nonce FROM known_database WHERE only_row"};
constexpr postgres::Query kTrust{
    "known_database_put",
    "INSERT INTO known_database (only_row, identity) VALUES (true, $1) "
    "ON CONFLICT (only_row) DO UPDATE SET identity = excluded.identity "
    "WHERE known_database.identity <> excluded.identity"};

}  // namespace

absl::Status DatabaseTrust::Check(postgres::Transaction& transaction) {
  if (is_known_ == nullptr || trusted_connection_ == transaction.connection()) {
    return absl::OkStatus();
  }
  if (transaction.Exec(*is_known_, postgres::ReadIdentity(transaction)).empty()) {
    return absl::UnavailableError(
        "the database was restored, or a standby took over: nothing is done before the shop has "
        "compared all trades");
  }
  trusted_connection_ = transaction.connection();
  return absl::OkStatus();
}

std::string TellDatabase(postgres::Transaction& transaction) {
  const std::string identity = postgres::ReadIdentity(transaction);
  transaction.Exec(kMakeNonce, identity);
  const pqxx::result nonce = transaction.Exec(kNonce);
  return identity + kBeforeNonce + (nonce.empty() ? "" : nonce[0][0].c_str());
}

bool IsFirstDatabase(const std::string& told) { return told.ends_with(kBeforeNonce); }

bool TrustDatabase(postgres::Transaction& transaction, const std::string& told) {
  if (TellDatabase(transaction) != told) return false;
  return transaction.Exec(kTrust, postgres::ReadIdentity(transaction)).affected_rows() > 0;
}

absl::Status TrustDatabaseNow(const postgres::Database& database) {
  postgres::Session session({.database = database});
  const absl::StatusOr<bool> is_new = session.Run([](postgres::Transaction& transaction) {
    return TrustDatabase(transaction, TellDatabase(transaction));
  });
  if (is_new.ok() && *is_new) {
    log::Warn("the database is trusted by whoever runs this: nobody has compared its trades");
  }
  return is_new.status();
}

}  // namespace tallystick
