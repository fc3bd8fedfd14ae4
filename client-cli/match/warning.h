// What a rule says.
#pragma once

#include <map>
#include <string>

namespace tallystick {

enum class Severity { kNotice, kWarning, kAlarm };
std::string ToString(Severity severity);

struct Warning {
  std::string rule;  // e.g. "MONEY-2"
  Severity severity = Severity::kWarning;
  std::string sentence;  // for a person: who contradicts whom, by how much, what to do
  // What differs. Times are RFC 3339 in UTC; the screen shows them in local time. The same for as
  // long as the fault is the same: no ages, no present time.
  std::map<std::string, std::string> evidence;
};

}  // namespace tallystick
