// What became of the trades that a database had lost something of. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/faults/audit.h"

namespace tallystick::faults {

// The revision that each trade has in one database.
using Revisions = std::map<Uuid, int64_t>;

// `before` has more of it than `after`.
std::set<Uuid> LostTrades(const Revisions& before, const Revisions& after);

struct LossVerdict {
  int64_t trades = 0;  // orders that were answered
  int64_t lost = 0;    // trades that something was lost of
  int64_t healed = 0;
  int64_t for_a_person = 0;
  std::map<std::string, int64_t> reasons;  // why, as `tally ops work` says
  // Answered, and nobody but the buyer had heard of them: the buyer is warned.
  int64_t gone = 0;
  // Well again, but not as it had been when its buyer looked: tally says that something was taken
  // back.
  int64_t warned = 0;
  int64_t moved_twice = 0;  // trades whose money did
  // What is neither healed, nor on the list, nor told to the buyer; and what is listed though there
  // is nothing to decide.
  std::vector<Finding> findings;
};

// `nobody_remembers`: all three went back together, so that what was lost is gone, and its buyer
// is told.
LossVerdict Judge(const Records& records, const std::set<Uuid>& lost, bool nobody_remembers);

}  // namespace tallystick::faults
