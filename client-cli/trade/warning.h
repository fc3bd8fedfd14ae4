// What a rule of the match says, and what becomes of it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "absl/time/time.h"
#include "client-cli/trade/sides.h"
#include "platform/ids/uuid.h"

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

// They say the same of the same thing.
bool IsSame(const Warning& one, const Warning& other);

// A warning as the ledger keeps it: open, acknowledged (open, and somebody knows), or resolved.
struct KeptWarning {
  int64_t id = 0;
  int64_t trade_key = 0;
  Uuid trading_id;
  Warning warning;
  absl::Time first_seen;
  absl::Time last_seen;
  std::optional<absl::Time> acknowledge_time;
  std::optional<absl::Time> resolve_time;
};

// A service does not know the trade any more, or went back on what it had said of it.
bool IsDoubt(const Warning& warning);

// Of which services that was found, and the buyer has not taken note.
PerSide<bool> Doubts(std::span<const KeptWarning> warnings);

}  // namespace tallystick
