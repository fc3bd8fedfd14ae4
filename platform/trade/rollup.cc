#include "platform/trade/rollup.h"

#include <algorithm>
#include <limits>

namespace tallystick {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

void AddTo(int64_t& sum, int64_t number) { sum = SaturatedAdd(sum, number); }

}  // namespace

int64_t SaturatedAdd(int64_t a, int64_t b) {
  return CheckedAdd(a, b).value_or(b < 0 ? kLeast : kMost);
}

int64_t SaturatedSubtract(int64_t a, int64_t b) {
  return CheckedSubtract(a, b).value_or(b < 0 ? kMost : kLeast);
}

int64_t SumOf(const PaymentStatus& payment, TransactionType type) {
  int64_t sum = 0;
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (transaction.type != type || transaction.state != TransactionState::kSucceeded) continue;
    sum = CheckedAdd(sum, transaction.amount).value_or(std::numeric_limits<int64_t>::max());
  }
  return sum;
}

bool HasOpen(const PaymentStatus& payment, TransactionType type) {
  return std::any_of(payment.transactions.begin(), payment.transactions.end(),
                     [type](const PaymentTransaction& transaction) {
                       return transaction.type == type &&
                              (transaction.state == TransactionState::kPending ||
                               transaction.state == TransactionState::kUnknown);
                     });
}

bool WasAuthorized(const PaymentStatus& payment) {
  return std::any_of(payment.transactions.begin(), payment.transactions.end(),
                     [](const PaymentTransaction& transaction) {
                       return transaction.type == TransactionType::kAuthorize &&
                              transaction.state == TransactionState::kSucceeded;
                     });
}

PaymentState RollUpState(const PaymentStatus& payment) {
  if (payment.captured > 0) {
    if (payment.refunded >= payment.captured) return PaymentState::kRefunded;
    if (payment.refunded > 0) return PaymentState::kPartiallyRefunded;
    return payment.captured < payment.due ? PaymentState::kPartiallyCaptured
                                          : PaymentState::kCaptured;
  }
  if (payment.authorized > 0) {
    return payment.voided >= payment.authorized ? PaymentState::kVoided : PaymentState::kAuthorized;
  }
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (transaction.type == TransactionType::kAuthorize &&
        transaction.state == TransactionState::kFailed) {
      return PaymentState::kDeclined;
    }
  }
  return PaymentState::kScheduled;
}

bool IsSettled(const PaymentStatus& payment) {
  for (const TransactionType type : {TransactionType::kAuthorize, TransactionType::kCapture,
                                     TransactionType::kVoid, TransactionType::kRefund}) {
    if (HasOpen(payment, type)) return false;
  }
  return Owed(payment) == 0;
}

int64_t Owed(const PaymentStatus& payment) {
  // Wide arithmetic: these numbers may come from a service that lies.
  const __int128 owed = static_cast<__int128>(payment.due) - payment.captured + payment.refunded;
  return owed > kMost ? kMost : owed < kLeast ? kLeast : static_cast<int64_t>(owed);
}

DeliveryState RollUpState(const DeliveryStatus& delivery) {
  if (delivery.booking == BookingState::kRefused) return DeliveryState::kCanceled;
  bool any_delivered = false;
  bool any_failed = false;
  bool any_alive = false;
  ShipmentState furthest = ShipmentState::kUnspecified;
  for (const Shipment& shipment : delivery.shipments) {
    switch (shipment.state) {
      case ShipmentState::kDelivered: any_delivered = true; break;
      case ShipmentState::kFailed: any_failed = true; break;
      case ShipmentState::kCanceled: break;
      default: any_alive = true; furthest = std::max(furthest, shipment.state);
    }
  }
  if (any_delivered) {
    return any_alive ? DeliveryState::kPartiallyDelivered : DeliveryState::kDelivered;
  }
  if (any_alive) {
    switch (furthest) {
      case ShipmentState::kPreparing: return DeliveryState::kPreparing;
      case ShipmentState::kInTransit: return DeliveryState::kInTransit;
      case ShipmentState::kOutForDelivery: return DeliveryState::kOutForDelivery;
      default: return DeliveryState::kScheduled;
    }
  }
  if (any_failed) return DeliveryState::kFailed;
  return delivery.shipments.empty() ? DeliveryState::kScheduled : DeliveryState::kCanceled;
}

std::vector<DeliveryLine> RollUpLines(const DeliveryStatus& delivery) {
  std::vector<DeliveryLine> lines = delivery.lines;
  for (DeliveryLine& line : lines) {
    line.dispatched = line.delivered = line.failed = line.canceled = line.returned = 0;
    for (const Shipment& shipment : delivery.shipments) {
      for (const GoodsQuantity& goods : shipment.lines) {
        if (goods.sku != line.sku) continue;
        if (IsDispatched(shipment)) AddTo(line.dispatched, goods.quantity);
        if (shipment.state == ShipmentState::kDelivered) AddTo(line.delivered, goods.quantity);
        if (shipment.state == ShipmentState::kFailed) AddTo(line.failed, goods.quantity);
        if (shipment.state == ShipmentState::kCanceled) AddTo(line.canceled, goods.quantity);
      }
    }
    for (const Return& goods_return : delivery.returns) {
      if (!IsBack(goods_return)) continue;
      for (const GoodsQuantity& goods : goods_return.lines) {
        if (goods.sku == line.sku) AddTo(line.returned, goods.quantity);
      }
    }
  }
  return lines;
}

bool IsFullyDelivered(const OrderStatus& order) {
  bool any_delivered = false;
  for (const OrderLineStatus& line : order.lines) {
    if (SaturatedAdd(line.delivered, line.written_off) < line.ordered) return false;
    any_delivered = any_delivered || line.delivered > 0;
  }
  return any_delivered;
}

}  // namespace tallystick
