// Which databases the three services had when the shop looked last.
#pragma once

#include <map>
#include <string>

#include "platform/postgres/session.h"

namespace tallystick::shopping {

struct KnownDatabase {
  std::string identity;  // see platform/postgres/identity.h
  bool compared = true;  // all trades were, since it is this one
};

// For DatabaseTrust: whether the shop's own is one that all trades were compared with, or has never
// been looked at.
inline constexpr postgres::Query kIsOwnKnown{
    "known_databases_own",
    "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM known_databases WHERE name = 'shopping' "
    "AND (identity <> $1 OR NOT compared))"};

// By the service's name.
std::map<std::string, KnownDatabase> LoadKnownDatabases(postgres::Transaction& transaction);
void PutKnownDatabase(postgres::Transaction& transaction, const std::string& name,
                      const KnownDatabase& known);

}  // namespace tallystick::shopping
