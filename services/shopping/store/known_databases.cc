#include "services/shopping/store/known_databases.h"

namespace tallystick::shopping {
namespace {

using postgres::Query;

// (By its key, as all statements that run often.)
constexpr Query kLoadKnown{"known_databases_load",
                           "SELECT name, identity, compared FROM known_databases WHERE name > ''"};
constexpr Query kPutKnown{
    "known_databases_put",
    "INSERT INTO known_databases (name, identity, compared) VALUES ($1, $2, $3) "
    "ON CONFLICT (name) DO UPDATE SET identity = excluded.identity, "
    "compared = excluded.compared"};

}  // namespace

std::map<std::string, KnownDatabase> LoadKnownDatabases(postgres::Transaction& transaction) {
  std::map<std::string, KnownDatabase> known;
  for (const auto& row : transaction.Exec(kLoadKnown)) {
    known[row[0].c_str()] = {row[1].c_str(), row[2].as<bool>()};
  }
  return known;
}

void PutKnownDatabase(postgres::Transaction& transaction, const std::string& name,
                      const KnownDatabase& known) {
  transaction.Exec(kPutKnown, name, known.identity, known.compared);
}

}  // namespace tallystick::shopping
