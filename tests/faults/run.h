// One run: an installation, its load, faults one after another, and what the auditor says then.
#pragma once

#include <string>
#include <vector>

#include "tests/faults/audit.h"
#include "tests/faults/audit_proof.h"
#include "tests/faults/faults.h"
#include "tests/faults/motion.h"

namespace tallystick::faults {

struct RunOptions {
  std::vector<Fault> faults;
  bool short_form = false;
  uint64_t seed = 1;
  int64_t least_orders = 5'000;
  double orders_a_second = 25;
  std::string keep;  // where the logs, ledgers and the book go to; empty: nowhere
};

// What one fault did.
struct Struck {
  std::string name;
  std::string skipped;  // why it was, or empty
  std::string failed;   // what could not be done or undone, or empty
  int times = 0;
  std::set<std::string> touched;  // trades that were in motion
  Moved moved;                    // what was under way when it was over
};

struct Report {
  std::vector<Struck> struck;
  AuditResult audit;
  AuditProof proof;
  bool quiet = false;  // in time, after the load
  absl::Duration took;
};

// Throws std::runtime_error when the installation does not come up.
Report Run(const RunOptions& options);

}  // namespace tallystick::faults
