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

// By the service's name.
std::map<std::string, KnownDatabase> LoadKnownDatabases(postgres::Transaction& transaction);
void PutKnownDatabase(postgres::Transaction& transaction, const std::string& name,
                      const KnownDatabase& known);

}  // namespace tallystick::shopping
