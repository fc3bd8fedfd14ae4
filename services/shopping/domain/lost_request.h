// A request of the buyer's that the shop has lost and delivery has heard of. Pure.
#pragma once

#include <optional>

#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

// The order with one request more: a return that delivery knows and the shop does not, or a
// cancellation; or with its release, when that came before the first. The instruction to delivery
// is counted, and not given again. For when delivery has applied more than it was told, and all
// that came before was heard. Nullopt when delivery's status shows none
// that could be.
std::optional<Order> WithLostRequest(const Order& order, const DeliveryStatus& delivery);

// What the shop had told both because payment had declined, and has lost: payment's reports do not
// show that it had declined before it was told. No revision: that comes with payment's report,
// which can be heard then. Nullopt where the two do not show it together.
std::optional<Change> LostDecline(const Order& order, const PaymentStatus& payment,
                                  const DeliveryStatus& delivery, absl::Time now);

// Whether that request is a cancellation, and the next instruction that delivery has applied. After
// payment's decline the shop would cancel by itself, under the same number.
bool IsCanceledNext(const Order& order, const DeliveryStatus& delivery);

}  // namespace tallystick::shopping
