#include "platform/trade/status.h"

#include <span>

#include "absl/strings/str_cat.h"

namespace tallystick {
namespace {

template <typename Enum>
std::string NameOf(Enum value, std::span<const absl::string_view> names) {
  const int number = static_cast<int>(value);
  if (number < 0 || number >= static_cast<int>(names.size())) {
    return absl::StrCat("UNKNOWN(", number, ")");
  }
  return std::string(names[number]);
}

constexpr absl::string_view kOrderStates[] = {
    "UNSPECIFIED", "ACCEPTED", "CONFIRMED", "COMPLETED", "REJECTED", "CANCEL_PENDING", "CANCELED"};
constexpr absl::string_view kPaymentStates[] = {
    "UNSPECIFIED", "SCHEDULED",          "AUTHORIZED", "PARTIALLY_CAPTURED", "CAPTURED", "DECLINED",
    "VOIDED",      "PARTIALLY_REFUNDED", "REFUNDED"};
constexpr absl::string_view kTransactionTypes[] = {"UNSPECIFIED", "AUTHORIZE", "CAPTURE", "VOID",
                                                   "REFUND"};
constexpr absl::string_view kTransactionStates[] = {"UNSPECIFIED", "PENDING", "SUCCEEDED", "FAILED",
                                                    "UNKNOWN"};
constexpr absl::string_view kBookingStates[] = {"UNSPECIFIED", "PENDING", "ACCEPTED", "REFUSED"};
constexpr absl::string_view kShipmentStates[] = {"UNSPECIFIED", "SCHEDULED",        "PREPARING",
                                                 "IN_TRANSIT",  "OUT_FOR_DELIVERY", "DELIVERED",
                                                 "FAILED",      "CANCELED"};
constexpr absl::string_view kDeliveryStates[] = {
    "UNSPECIFIED",         "SCHEDULED", "PREPARING", "IN_TRANSIT", "OUT_FOR_DELIVERY",
    "PARTIALLY_DELIVERED", "DELIVERED", "FAILED",    "CANCELED"};

constexpr absl::string_view kReturnStates[] = {"UNSPECIFIED", "REQUESTED", "COLLECTING",
                                               "RECEIVED",    "REFUNDED",  "REJECTED"};
constexpr absl::string_view kAdjustmentTypes[] = {"UNSPECIFIED", "REJECTED", "CANCELED",
                                                  "WRITTEN_OFF", "RETURNED"};

}  // namespace

bool IsUnderWay(const Return& goods_return) {
  return goods_return.state == ReturnState::kRequested ||
         goods_return.state == ReturnState::kCollecting;
}

bool IsBack(const Return& goods_return) {
  return goods_return.state == ReturnState::kReceived ||
         goods_return.state == ReturnState::kRefunded;
}

bool IsOpen(const PaymentTransaction& transaction) {
  return transaction.state == TransactionState::kPending ||
         transaction.state == TransactionState::kUnknown;
}

bool HasEnded(const PaymentTransaction& transaction) {
  return transaction.state == TransactionState::kSucceeded ||
         transaction.state == TransactionState::kFailed;
}

bool HasEnded(const Shipment& shipment) {
  return shipment.state == ShipmentState::kDelivered || shipment.state == ShipmentState::kFailed ||
         shipment.state == ShipmentState::kCanceled;
}

bool EndedWithoutDelivery(const OrderStatus& order) {
  return order.state == OrderState::kRejected || order.state == OrderState::kCanceled;
}

bool HasEnded(const OrderStatus& order) {
  return order.state == OrderState::kCompleted || EndedWithoutDelivery(order);
}

bool IsDispatched(const Shipment& shipment) { return shipment.dispatch_time.has_value(); }

std::string ToString(OrderState state) { return NameOf(state, kOrderStates); }
std::string ToString(PaymentState state) { return NameOf(state, kPaymentStates); }
std::string ToString(TransactionType type) { return NameOf(type, kTransactionTypes); }
std::string ToString(TransactionState state) { return NameOf(state, kTransactionStates); }
std::string ToString(BookingState state) { return NameOf(state, kBookingStates); }
std::string ToString(ShipmentState state) { return NameOf(state, kShipmentStates); }
std::string ToString(DeliveryState state) { return NameOf(state, kDeliveryStates); }
std::string ToString(ReturnState state) { return NameOf(state, kReturnStates); }
std::string ToString(AdjustmentType type) { return NameOf(type, kAdjustmentTypes); }

}  // namespace tallystick
