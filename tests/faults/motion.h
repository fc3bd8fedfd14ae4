// What is under way in the servers, seen from their databases.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "tests/faults/database.h"

namespace tallystick::faults {

// Work that is neither parked nor waits for a date, by (database, trade, queue, number), with the
// revision that its trade has in that database.
using WorkUnderWay = std::map<std::tuple<std::string, std::string, int, int64_t>, int64_t>;

// Throw what pqxx throws.
WorkUnderWay LookForWork(const Database& database);
std::set<std::string> TradesOf(const WorkUnderWay& work);
// The trades that changed since then, by PostgreSQL's own clock.
std::set<std::string> TradesChanged(const Database& database, const std::string& since);
std::string DatabaseTime(const Database& database);
// The documents of a database.
const char* TableOf(const std::string& database);

// How long what was under way took to move on.
struct Moved {
  std::vector<absl::Duration> took;  // of each that did
  WorkUnderWay still;                // what had not when the time was over
};

// Waits until all of `work` was done or its trade has gone on; at most for `limit`.
Moved WaitUntilMoved(const Database& database, WorkUnderWay work, absl::Duration limit);

// "payment's work 2/3 of 01a2…".
std::string ToString(const WorkUnderWay::key_type& work);

// False when work is still under way after `limit`.
bool WaitUntilQuiet(const Database& database, absl::Duration limit);

}  // namespace tallystick::faults
