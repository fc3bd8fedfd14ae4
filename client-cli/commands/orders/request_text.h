// What a request to cancel or to return is about, shown before it is sent.
#pragma once

#include <vector>

#include "client-cli/commands/orders/consent.h"

namespace tallystick {

// What of the trade has not left, as far as the ledger knows: a cancellation is about that.
std::vector<GoodsQuantity> NotLeft(const LedgerTrade& trade);

// Whether the request may be sent. At a terminal, and in a dry run, it is shown first what it is
// about, by what the ledger knows of the trade. Otherwise the exit code to end with is in `code`.
bool MayAsk(const Context& context, const LedgerTrade& trade, const TradeRequest& request,
            const Consent& consent, int* code);

}  // namespace tallystick
