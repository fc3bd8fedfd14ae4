// Requests to cancel and to return that the ledger holds: sent, and sent again when the answer was
// lost.
#pragma once

#include <string>

#include "client-cli/commands/command.h"

namespace tallystick {

// Sends `request` and records what came back: the order after it goes into `trade`, of a return its
// id into `return_id`. What is not final stays pending.
absl::Status SendRequest(Context& context, const TradeRequest& request, LedgerTrade& trade,
                         std::string* return_id);

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
