// How a change of an order is put together: what the files of this room share.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

inline OrderStatus& StatusOf(Change& change) { return change.order.status.order; }

template <typename What>
void InstructPayment(Change& change, What what) {
  const int64_t sequence = ++StatusOf(change).payment_instructions;
  change.payment.push_back({change.order.contents.trading_id, sequence, std::move(what)});
  change.order.unheard_payment.push_back(change.payment.back());
}

template <typename What>
void InstructDelivery(Change& change, What what) {
  const int64_t sequence = ++StatusOf(change).delivery_instructions;
  change.delivery.push_back({change.order.contents.trading_id, sequence, std::move(what)});
  change.order.unheard_delivery.push_back(change.delivery.back());
}

// Takes the adjustment's amount off what is due and tells payment, which had been told to capture
// `called` of it, by shipments. Payment is told even when it was declined and has nothing due: so
// that the count of instructions tells everybody whether two statuses speak of the same state of
// affairs.
inline void Adjust(Change& change, DueAdjustment adjustment, std::vector<ShipmentAmount> called,
                   std::string reason) {
  OrderStatus& status = StatusOf(change);
  status.due -= adjustment.amount;
  if (adjustment.amount > 0) {
    ReduceDue reduce{adjustment.amount, status.currency, std::move(reason)};
    for (const ShipmentAmount& part : called) reduce.called_amount += part.amount;
    reduce.called_for = std::move(called);
    InstructPayment(change, std::move(reduce));
  }
  status.adjustments.push_back(std::move(adjustment));
}

// What follows from what was heard, in the state that the order is in.
void Conclude(Change& change, absl::Time now);

// What the shop does when it hears that payment has declined an order that is ACCEPTED; without the
// revision that hearing of it makes.
Change Decline(const Order& order, absl::Time now);

// Ends a change: the next revision, at `now`.
inline void Stamp(Change& change, absl::Time now) {
  OrderStatus& status = StatusOf(change);
  ++status.revision;
  status.update_time = now;
}

}  // namespace tallystick::shopping
