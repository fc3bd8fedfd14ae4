// Requests to cancel and to return: written down, sent, and sent again when the answer was lost.
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

struct ResentRequests {
  int done = 0;
  int refused = 0;      // for good: it is too late, or not possible
  int pending = 0;      // still without an answer
  int code = kAllWell;  // the worst of those
};

// Sends again what has had no answer, and says what was refused. A refusal is an answer, and no
// failure.
ResentRequests ResendRequests(Context& context);

}  // namespace tallystick
