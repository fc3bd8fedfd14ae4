// An auditor that finds nothing is worth what it would have found: falsifies records and sees
// whether it notices.
#pragma once

#include <string>
#include <vector>

#include "tests/faults/audit.h"

namespace tallystick::faults {

struct AuditProof {
  int tried = 0;
  std::vector<std::string> unnoticed;
};

// `found` is what Audit gives for `records`. What cannot be falsified, because the run had none of
// it, is not tried.
AuditProof ProveAuditor(const Records& records, const AuditResult& found);

}  // namespace tallystick::faults
