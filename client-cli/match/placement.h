// The shop's answer to an order against what was ordered: every field of it. Pure.
#pragma once

#include "absl/status/status.h"
#include "client-cli/match/settings.h"
#include "client-cli/trade/order.h"

namespace tallystick {

// Says what it is about and adds up. INTERNAL naming the field that is wrong.
absl::Status CheckInformation(const TradingInformation& information);

// The same, and confirms just what `request` asked for under `request_id`, which was written down
// at `create_time`. INTERNAL naming the field, with what was ordered and what came.
absl::Status CheckPlacement(const TradingInformation& information, const OrderRequest& request,
                            const Uuid& request_id, absl::Time create_time,
                            const MatchSettings& settings, absl::Time now);

}  // namespace tallystick
