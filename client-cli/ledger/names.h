// What the things of a ledger are called, for a shell that completes while somebody types. The file
// is read as it is: it is not made, not brought up to date, and not waited for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client-cli/trade/profile.h"
#include "platform/trade/status.h"

namespace tallystick {

struct CalledTrade {
  int64_t number = 0;
  std::string reference;  // empty: none
  std::string id;         // of the trade; of an order without an answer, of its request
  std::string shop;
  bool placed = false;
  std::vector<GoodsQuantity> goods;
};

struct LedgerNames {
  std::vector<CalledTrade> trades;  // the latest first, and not more than are of use
  std::vector<Profile> shops;       // the default one first
  std::vector<std::pair<int64_t, std::string>> warnings;  // open ones, by number, with their rules
};

// Empty where there is no ledger at `path`, or one that cannot be read at once.
LedgerNames ReadNames(const std::string& path);

}  // namespace tallystick
