// GOODS-7: does the order's state follow from what payment and delivery say?
#include <algorithm>

#include "absl/strings/match.h"
#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/instructions.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// What the shop had heard when it decided on the state.
struct Heard {
  const OrderStatus& order;
  const PaymentStatus* payment;    // null: nothing yet
  const DeliveryStatus* delivery;  // likewise

  bool declined() const { return payment != nullptr && payment->state == PaymentState::kDeclined; }
  bool authorized() const { return payment != nullptr && WasAuthorized(*payment); }
  bool booked() const {
    return delivery != nullptr && delivery->booking == BookingState::kAccepted;
  }
  bool refused() const {
    return delivery != nullptr && delivery->booking == BookingState::kRefused;
  }
  bool delivery_has_heard_all() const {
    return delivery != nullptr && delivery->instructions_applied >= order.delivery_instructions;
  }
  bool any_dispatched() const {
    return delivery != nullptr &&
           std::any_of(delivery->shipments.begin(), delivery->shipments.end(), IsDispatched);
  }
  // Released, and on its way or done.
  bool any_moved() const {
    return delivery != nullptr &&
           std::any_of(delivery->shipments.begin(), delivery->shipments.end(),
                       [](const Shipment& shipment) {
                         return shipment.state > ShipmentState::kScheduled &&
                                shipment.state < ShipmentState::kCanceled;
                       });
  }
  // Nothing had left when delivery was told to stop: the end of the order.
  bool called_off() const { return any_shipment(ShipmentState::kCanceled) && !any_dispatched(); }
  bool any_shipment(ShipmentState state) const {
    return delivery != nullptr &&
           std::any_of(delivery->shipments.begin(), delivery->shipments.end(),
                       [state](const Shipment& shipment) { return shipment.state == state; });
  }
  bool any_alive() const {
    return delivery == nullptr ||
           std::any_of(delivery->shipments.begin(), delivery->shipments.end(),
                       [](const Shipment& shipment) { return !HasEnded(shipment); });
  }
};

// Why the state cannot be; empty when it can.
std::string FaultOf(const Heard& heard) {
  const OrderStatus& order = heard.order;
  const bool decided =
      heard.payment != nullptr && IsAllDecided(order) && IsSettledFor(order, *heard.payment);
  switch (order.state) {
    case OrderState::kAccepted:
      if (heard.declined()) return kPaymentDeclined;
      if (heard.refused()) return "delivery refused";
      if (heard.authorized() && heard.booked()) return "payment and delivery both agreed";
      if (heard.any_moved()) return "delivery has begun";
      return heard.called_off() ? "delivery was called off" : "";
    case OrderState::kConfirmed:
      if (!heard.authorized() || heard.declined()) return "payment has not agreed";
      if (!heard.booked()) return "delivery has not agreed";
      if (decided) return "everything has arrived or was written off, and is paid";
      if (heard.delivery_has_heard_all() && heard.any_shipment(ShipmentState::kScheduled)) {
        return "delivery waits for a release that it must have had";
      }
      return heard.called_off() ? "delivery was called off" : "";
    case OrderState::kCompleted:
      if (!heard.authorized() || !heard.booked()) return "payment and delivery have not agreed";
      if (!IsAllDecided(order)) return "not everything has arrived or was written off";
      // What is given back afterwards is settled later; what was to be paid is paid.
      if (!decided && order.returns.empty()) return "it is not settled";
      if (Owed(*heard.payment) > 0 || HasOpen(*heard.payment, TransactionType::kCapture)) {
        return "it is not paid";
      }
      return heard.called_off() ? "delivery was called off" : "";
    case OrderState::kRejected:
      if (!heard.declined() && !heard.refused()) return "neither payment nor delivery said no";
      if (heard.delivery_has_heard_all() && heard.any_alive()) return "delivery goes on";
      return "";
    case OrderState::kCancelPending:
      if (heard.delivery_has_heard_all() && heard.any_dispatched()) {
        return "delivery has said that goods had left";
      }
      if (heard.delivery_has_heard_all() && heard.payment != nullptr &&
          !HasOpen(*heard.payment, TransactionType::kAuthorize)) {
        return "delivery and payment have both said what became of it";
      }
      return "";
    case OrderState::kCanceled:
      if (!heard.delivery_has_heard_all()) return "delivery has not said that nothing had left";
      if (heard.any_dispatched()) return "goods have left";
      if (heard.any_alive()) return "delivery goes on";
      if (heard.payment == nullptr || HasOpen(*heard.payment, TransactionType::kAuthorize)) {
        return "payment has yet to say what became of the authorization";
      }
      return "";
    default: return order.state == OrderState::kUnspecified ? "it says no state" : "";
  }
}

// The reason that the shop gives is the one that it gave delivery, or had from it; and there is one
// just when something went otherwise than ordered.
bool IsReasonTold(const Heard& heard) {
  const OrderStatus& order = heard.order;
  switch (order.state) {
    case OrderState::kAccepted: return order.reason.empty();
    case OrderState::kConfirmed:
    case OrderState::kCompleted: {
      // BOOK, RELEASE, one for each return, and CANCEL for each cancellation that came too late.
      const bool canceled =
          order.delivery_instructions > 2 + static_cast<int64_t>(order.returns.size());
      return order.reason.empty() != canceled;
    }
    default: break;
  }
  if (!EndedWithoutDelivery(order) || !heard.delivery_has_heard_all()) return true;
  if (order.reason.empty()) {
    return order.state == OrderState::kCanceled && heard.delivery->reason == kCanceledByBuyer;
  }
  return !heard.delivery->reason.empty() && absl::StrContains(order.reason, heard.delivery->reason);
}

// Begun when a capture ended that had been called back meanwhile, and not by a return.
bool IsForLateCapture(const PaymentStatus& payment, const PaymentTransaction& refund) {
  return std::any_of(payment.transactions.begin(), payment.transactions.end(),
                     [&](const PaymentTransaction& transaction) {
                       return transaction.type == TransactionType::kCapture &&
                              transaction.update_time == refund.create_time;
                     });
}

// A return is over when payment has given its value back: not while the refund is on its way.
bool IsRefundedTooEarly(const Heard& heard) {
  const OrderStatus& order = heard.order;
  if (heard.payment == nullptr || order.adjustments.empty()) return false;
  const PaymentStatus& payment = *heard.payment;
  const DueAdjustment& last = order.adjustments.back();
  if (last.type != AdjustmentType::kReturned ||
      payment.instructions_applied < order.payment_instructions) {
    return false;
  }
  const bool refunded =
      std::any_of(order.returns.begin(), order.returns.end(), [&](const Return& goods_return) {
        return goods_return.return_id == last.reference_id &&
               goods_return.state == ReturnState::kRefunded;
      });
  return refunded && std::any_of(payment.transactions.begin(), payment.transactions.end(),
                                 [&](const PaymentTransaction& transaction) {
                                   return transaction.type == TransactionType::kRefund &&
                                          transaction.retry_of == 0 && IsOpen(transaction) &&
                                          !IsForLateCapture(payment, transaction);
                                 });
}

// And it is over as soon as that is so.
bool IsRefundOverlooked(const Heard& heard) {
  const OrderStatus& order = heard.order;
  if (heard.payment == nullptr) return false;
  const PaymentStatus& payment = *heard.payment;
  return payment.instructions_applied >= order.payment_instructions && Owed(payment) >= 0 &&
         !HasOpen(payment, TransactionType::kRefund) &&
         std::any_of(order.returns.begin(), order.returns.end(), [](const Return& goods_return) {
           return goods_return.state == ReturnState::kReceived;
         });
}

}  // namespace

void CheckStates(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus* order = reading.cut.order;
  if (order == nullptr) return;
  if (reading.cut.payment == nullptr && order->payment_revision != 0) return;
  if (reading.cut.delivery == nullptr && order->delivery_revision != 0) return;
  const Heard heard{*order, reading.cut.payment, reading.cut.delivery};
  Facts facts{
      {"order", ToString(order->state)},
      {"payment", heard.payment == nullptr ? "not heard of" : ToString(heard.payment->state)},
      {"delivery", heard.delivery == nullptr ? "not heard of" : ToString(heard.delivery->state)}};
  const std::string fault = FaultOf(heard);
  if (!fault.empty()) {
    Alarm(warnings, "GOODS-7",
          absl::StrCat("the shop says that the order is ", ToString(order->state), ", but ", fault),
          facts);
  }
  if (!IsReasonTold(heard)) {
    facts["the shop's reason"] = order->reason.empty() ? "none" : Excerpt(order->reason);
    facts["the reason that delivery has"] =
        heard.delivery == nullptr ? "none" : Excerpt(heard.delivery->reason);
    Alarm(warnings, "GOODS-7", "the shop's reason is not what became of the order", facts);
  }
  if (IsRefundedTooEarly(heard)) {
    Alarm(warnings, "GOODS-7",
          "the shop says that a return is refunded, but payment has not done it", facts);
  }
  if (IsRefundOverlooked(heard)) {
    Alarm(warnings, "GOODS-7",
          "the shop says that a return is not refunded, but payment has done it", facts);
  }
}

}  // namespace tallystick
