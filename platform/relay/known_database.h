// Whether payment's, or delivery's, database is the one that it was when the shop last compared its
// trades with it. An older one would begin again what it has forgotten: captures under other
// references than the gateway knows them by, amounts that were lowered since, goods that have left.
//
//   CREATE TABLE known_database (only_row boolean PRIMARY KEY, identity text,
//                                nonce text, nonce_of text)
#pragma once

#include <string>

#include "absl/status/status.h"
#include "platform/postgres/session.h"

namespace tallystick {

// Of one session.
class DatabaseTrust {
 public:
  // `is_known`: gives a row when the database of identity $1 was compared, as kIsKnownDatabase.
  // Null: any will do.
  explicit DatabaseTrust(const postgres::Query* is_known) : is_known_(is_known) {}

  // UNAVAILABLE while it is another. Asks once for each connection.
  absl::Status Check(postgres::Transaction& transaction);

 private:
  const postgres::Query* const is_known_;
  int64_t trusted_connection_ = 0;
};

inline constexpr postgres::Query kIsKnownDatabase{
    "known_database_is", "SELECT 1 FROM known_database WHERE only_row AND identity = $1"};

// What the shop is told that this database is. Two standbys that took over from the same primary,
// one after the other, may have the same identity (see postgres/identity.h): each makes up a nonce
// when it finds that it is another than was compared.
std::string TellDatabase(postgres::Transaction& transaction);

// Whether what was told is a database that has never been another: there is nothing to compare it
// for, when it is seen for the first time.
bool IsFirstDatabase(const std::string& told);

// It is `told` that was compared; nothing, if it is another again. True when it was not trusted
// before.
bool TrustDatabase(postgres::Transaction& transaction, const std::string& told);

// The same of the one that there is, though nobody has compared it.
absl::Status TrustDatabaseNow(const postgres::Database& database);

}  // namespace tallystick
