#include "services/shopping/domain/unexplained.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/trade/rollup.h"

namespace tallystick::shopping {
namespace {

// BOOK is the first instruction to delivery; what comes behind it sends the goods or cancels them.
constexpr int64_t kBooked = 1;

bool HasLeft(const DeliveryStatus* delivery, const std::string& shipment_id) {
  return delivery != nullptr &&
         std::ranges::any_of(delivery->shipments, [&](const Shipment& shipment) {
           return shipment.shipment_id == shipment_id && IsDispatched(shipment);
         });
}

// Payment has been told of what became of an order of which nothing has become yet.
bool IsBehindPayment(const Order& order, const PaymentStatus& payment,
                     const DeliveryStatus* delivery) {
  const OrderStatus& status = order.status.order;
  const bool decided = delivery != nullptr && (delivery->instructions_applied > kBooked ||
                                               delivery->booking == BookingState::kRefused);
  return status.state == OrderState::kAccepted && !decided &&
         payment.state != PaymentState::kDeclined &&
         payment.instructions_applied > status.payment_instructions;
}

}  // namespace

Unexplained FindUnexplained(const Order& order, const PaymentStatus* payment,
                            const DeliveryStatus* delivery) {
  if (payment == nullptr) return {};
  if (IsBehindPayment(order, *payment, delivery)) {
    return {
        absl::StrCat("payment was told ", payment->instructions_applied,
                     " instructions, of which neither the shop nor delivery remembers the last: "
                     "the order may have been canceled, or its goods sent"),
        true};
  }
  for (const PaymentTransaction& transaction : payment->transactions) {
    if (transaction.type != TransactionType::kCapture || transaction.shipment_id.empty() ||
        HasLeft(delivery, transaction.shipment_id)) {
      continue;
    }
    return {
        absl::StrCat("payment takes money for shipment ", transaction.shipment_id,
                     ", and delivery does not know that it has left: its goods may leave twice")};
  }
  return {};
}

}  // namespace tallystick::shopping
