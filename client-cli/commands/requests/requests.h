// tally cancel, tally return: what a buyer asks of a trade.
#pragma once

#include <string>
#include <vector>

#include "client-cli/commands/orders/consent.h"

namespace tallystick {

struct RequestOptions {
  std::string trade;               // what the buyer calls it
  std::vector<std::string> items;  // SKU:QUANTITY, of a return
  std::string reason;
  Consent consent;
};

// Asks the shop to cancel the trade or to take goods of it back, shows what became of it, and gives
// the exit code. The same again, after no answer, is the same request. At a terminal, what is asked
// for is shown first, and somebody has to agree.
int AskOfTrade(Context& context, const RequestOptions& options, TradeRequest::Kind kind);

}  // namespace tallystick
