// How a trade stands, in a buyer's words.
#pragma once

#include <string>

#include "client-cli/trade/trade.h"

namespace tallystick {

// Of the latest answers: "by Sunday", "on the way, today 18:00", "arrived, pays 24 Dec", "bank
// refused", "lost, refunded", "done", "canceled"; with what came back or is on its way back.
std::string StateWords(const LedgerTrade& trade, absl::Time now);

}  // namespace tallystick
