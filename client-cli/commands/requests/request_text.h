// What a request to cancel or to return is about, shown before it is sent.
#pragma once

#include <vector>

#include "client-cli/commands/orders/consent.h"

namespace tallystick {

// What of the trade has not left, as far as the ledger knows: a cancellation is about that.
std::vector<GoodsQuantity> NotLeft(const LedgerTrade& trade);

// Why the shop would refuse the request, as far as what is known of the trade tells: by the rules
// that the shop itself goes by.
absl::Status ForeseeRequest(const LedgerTrade& trade, const TradeRequest& request, absl::Time now);

// Whether the request may be sent. At a terminal, and in a dry run, the three services are asked
// first, and what they say is in `trade` and the ledger then; who gave no answer is named. What the
// request is about, and what is known to be in its way, is shown. Otherwise the exit code to end
// with is in `code`.
bool MayAsk(Context& context, LedgerTrade& trade, const TradeRequest& request,
            const Consent& consent, int* code);

}  // namespace tallystick
