// The auditor: holds what all parties hold against each other. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/faults/records.h"

namespace tallystick::faults {

struct Finding {
  enum Kind {
    kLost,
    kDoubled,
    kStuck,
    kContradiction,
    kUnnoticed,  // a buyer lost something, and the check does not say so
  };
  Kind kind = kContradiction;
  Uuid trading_id;  // nil when it is about no trade
  std::string what;

  friend bool operator==(const Finding&, const Finding&) = default;
};

std::string ToString(Finding::Kind kind);

struct AuditResult {
  std::vector<Finding> findings;
  std::vector<std::pair<std::string, int64_t>> counts;  // what was looked at, in words
};

// Expects that all was quiet when the records were read: whatever is not at its end by then, and
// waits neither for a person nor for a date, is stuck.
AuditResult Audit(const Records& records);

}  // namespace tallystick::faults
