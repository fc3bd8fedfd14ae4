// What a buyer may ask of an order that was accepted: the shop's domain decides by this, and the
// client foresees by it. Pure.
#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/trade/status.h"

namespace tallystick {

// NOT_CANCELABLE {state}. OK also where nothing would change: it is being canceled, or is.
absl::Status CheckCancelable(const OrderStatus& order);

// Everything that can be said of the goods without the order. INVALID_FIELD naming the field.
absl::Status CheckReturnLines(const std::vector<GoodsQuantity>& lines);

// ORDER_STATE {state}, TOO_MANY_REQUESTS, UNKNOWN_SKU {sku}, NOT_RETURNABLE {sku, requested,
// returnable}, RETURN_PERIOD_OVER {sku, deadline}. `delivery`: the shipments, null while nothing is
// known of them; `period`: for how long from the delivery of each piece it can be returned, without
// an end if that is not known. Requires CheckReturnLines.
absl::Status CheckReturnable(const OrderStatus& order, const DeliveryStatus* delivery,
                             std::optional<absl::Duration> period,
                             const std::vector<GoodsQuantity>& lines, absl::Time now);

}  // namespace tallystick
