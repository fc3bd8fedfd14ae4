// A database that goes back in time while money moves: what the servers make of that by themselves,
// and what they leave to a person.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/faults/loss_verdict.h"

namespace tallystick::faults {

struct Loss {
  enum How {
    kRestored,    // from a dump; the service is killed for it, the others go on
    kFailedOver,  // to a standby that no longer followed
    kFollowed,    // to one that every commit had waited for
    kRecovered,   // from a base backup and all of the WAL
    kWithout,     // the same, without the WAL that was not archived yet
  };
  std::string name;
  std::string database;  // "all" of one cluster, when that is recovered
  How how = kRestored;
  absl::Duration age;        // of what it goes back to
  bool is_asked_to = false;  // `--reconcile`, and no load; else they notice by themselves, under it
};

struct LossOptions {
  uint64_t seed = 1;
  double orders_a_second = 15;
  std::string keep;  // where the logs, ledgers and the book go to; empty: nowhere
};

struct LossReport {
  Loss loss;
  std::string failed;              // what could not be done, or empty
  bool quiet = false;              // in time
  std::vector<std::string> still;  // some of what was not
  absl::Duration healed_in;
  LossVerdict verdict;
  // What `--reconcile` said, if it was asked to.
  std::string reconciled;
  int reconcile_code = 0;
};

// In the order in which they are run.
std::vector<Loss> AllLosses();

// An installation of its own each.
LossReport Suffer(const Loss& loss, const LossOptions& options);

// All of it was healed or is on a person's list, and no money moved twice.
bool IsGood(const LossReport& report);

// One line a loss, and below what was not as it should be.
std::string ToTable(const std::vector<LossReport>& reports);

}  // namespace tallystick::faults
