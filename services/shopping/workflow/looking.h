// What the shop makes of the databases that it sees the three services have. Pure.
#pragma once

#include <map>
#include <string>

#include "services/shopping/store/known_databases.h"

namespace tallystick::shopping {

using Databases = std::map<std::string, std::string>;  // what each service says that its is
using KnownDatabases = std::map<std::string, KnownDatabase>;

// The shop's own among them.
inline constexpr char kOwnDatabase[] = "shopping";

// What a service may be told: that all trades were compared with this database of its. Empty: with
// none.
std::string ComparedWith(const KnownDatabases& known, const std::string& service);

// Whether all of them were compared as they are now.
bool AreCompared(const KnownDatabases& known, const Databases& now);

struct Looked {
  KnownDatabases put;    // what is known of them otherwise from now on
  bool compare = false;  // one is another than it was: all trades are to be compared
};

// `all_read`: nothing is left of a comparison. Not while a comparison of changed databases is under
// way: it does not look at what it has passed already.
Looked LookAt(const KnownDatabases& known, const Databases& now, bool all_read);

}  // namespace tallystick::shopping
