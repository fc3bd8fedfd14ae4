// What an order costs: what the shop charges, the buyer estimates before it
// orders, and checks in the shop's answer. Pure; docs/protocol.md, "Money".
#pragma once

#include <optional>

#include "platform/trade/contents.h"

namespace tallystick {

// The line with its amounts, as they follow from quantity, price and tax rate;
// nullopt when they do not fit.
std::optional<ContentsLine> Priced(ContentsLine line);

// Sums of an order's lines, and with the delivery fee; nullopt where one does
// not fit.
struct Totals {
  std::optional<int64_t> goods;
  std::optional<int64_t> tax;
  std::optional<int64_t> all;
};
Totals TotalsOf(const OrderContents& contents);

}  // namespace tallystick
