// Requests to cancel and to return: written down, sent, and sent again when the answer was lost.
#pragma once

#include "client-cli/commands/command.h"

namespace tallystick {

// Sends `request` (which the ledger holds) and records what came back; prints it unless `quiet`.
// Gives the exit code.
int SendRequest(Context& context, const TradeRequest& request, LedgerTrade trade, bool quiet);

// Sends again what has had no answer. The worst exit code.
int ResendRequests(Context& context);

}  // namespace tallystick
