// Which database this is, and which course of it.
#pragma once

#include <string>

#include "platform/postgres/session.h"

namespace tallystick::postgres {

// The cluster, its timeline and the database's own number: another one after a restore from a dump
// or a backup and after a failover, when what was committed last may be gone. Opaque but for being
// equal. On a primary only.
std::string ReadIdentity(Transaction& transaction);

}  // namespace tallystick::postgres
