// What the ledger holds, as it is shown: the commands by which it is looked at, for whoever runs
// them with a screen of its own. Nobody is asked. Each gives its exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client-cli/commands/command.h"

namespace tallystick {

struct ListOptions {
  bool delivered = false;
  bool undelivered = false;
  bool settled = false;
  bool unsettled = false;
  bool all = false;
  std::string shop;
  std::string since;
  std::optional<absl::Time> since_time;
  int64_t limit = 0;  // 0: none
  std::string state;  // of the order, the payment or the delivery
  std::string sort;   // "date", "total", "owed", "reference", "shop"; empty: as ever

  // Somebody asked for just these.
  bool is_filtered() const {
    return delivered || undelivered || settled || unsettled || !shop.empty() || !since.empty() ||
           !state.empty();
  }
};

// The trades and what is still owed.
int ShowList(Context& context, const ListOptions& options);

// What the check has found; `all`: also what no longer holds. Of one trade, unless `trade`, what
// the buyer calls it, is empty.
int ShowWarnings(Context& context, bool all, const std::string& trade);

}  // namespace tallystick
