// A ledger's trades, all at once.
#pragma once

#include <vector>

#include "client-cli/ledger/ledger.h"

namespace tallystick::testing {

// In the order in which they were written.
inline std::vector<LedgerTrade> TradesIn(Ledger& ledger) {
  std::vector<LedgerTrade> trades;
  ledger.ForEachTrade([&](LedgerTrade trade) { trades.push_back(std::move(trade)); });
  return trades;
}

}  // namespace tallystick::testing
