#include "platform/trade/rollup.h"

#include <algorithm>
#include <limits>
#include <unordered_map>
#include <unordered_set>

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
                       return transaction.type == type && IsOpen(transaction);
                     });
}

int64_t OpenAmount(const PaymentStatus& payment, TransactionType type) {
  int64_t sum = 0;
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (transaction.type == type && IsOpen(transaction)) AddTo(sum, transaction.amount);
  }
  return sum;
}

int64_t PlannedAmount(const PaymentStatus& payment) {
  int64_t sum = 0;
  for (const PlannedCapture& planned : payment.planned_captures) AddTo(sum, planned.amount);
  return sum;
}

bool WasRetried(const PaymentStatus& payment, int32_t number) {
  return std::any_of(
      payment.transactions.begin(), payment.transactions.end(),
      [number](const PaymentTransaction& transaction) { return transaction.retry_of == number; });
}

bool HasFailed(const PaymentStatus& payment, TransactionType type) {
  std::unordered_set<int32_t> retried;
  for (const PaymentTransaction& transaction : payment.transactions) {
    retried.insert(transaction.retry_of);
  }
  return std::any_of(payment.transactions.begin(), payment.transactions.end(),
                     [&](const PaymentTransaction& transaction) {
                       return transaction.type == type &&
                              transaction.state == TransactionState::kFailed &&
                              !retried.contains(transaction.number);
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

bool IsSettledFor(const OrderStatus& order, const PaymentStatus& payment) {
  return payment.instructions_applied == order.payment_instructions && IsSettled(payment);
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
  std::unordered_map<std::string, DeliveryLine*> by_sku;
  for (DeliveryLine& line : lines) {
    line.dispatched = line.delivered = line.failed = line.canceled = line.returned = 0;
    by_sku[line.sku] = &line;
  }
  for (const Shipment& shipment : delivery.shipments) {
    for (const GoodsQuantity& goods : shipment.lines) {
      const auto found = by_sku.find(goods.sku);
      if (found == by_sku.end()) continue;
      DeliveryLine& line = *found->second;
      if (IsDispatched(shipment)) AddTo(line.dispatched, goods.quantity);
      if (shipment.state == ShipmentState::kDelivered) AddTo(line.delivered, goods.quantity);
      if (shipment.state == ShipmentState::kFailed) AddTo(line.failed, goods.quantity);
      if (shipment.state == ShipmentState::kCanceled) AddTo(line.canceled, goods.quantity);
    }
  }
  for (const Return& goods_return : delivery.returns) {
    if (!IsBack(goods_return)) continue;
    for (const GoodsQuantity& goods : goods_return.lines) {
      const auto found = by_sku.find(goods.sku);
      if (found != by_sku.end()) AddTo(found->second->returned, goods.quantity);
    }
  }
  return lines;
}

Schedule RollUpSchedule(const DeliveryStatus& delivery) {
  Schedule schedule;
  bool any_alive = false;
  std::optional<absl::Time> last_planned;
  std::optional<absl::Time> last_arrived;
  for (const Shipment& shipment : delivery.shipments) {
    any_alive = any_alive || !HasEnded(shipment);
    if (shipment.schedule.scheduled) {
      last_planned = std::max(last_planned, shipment.schedule.scheduled);
    }
    if (shipment.schedule.completed) {
      last_arrived = std::max(last_arrived, shipment.schedule.completed);
    }
  }
  if (any_alive) {
    schedule.scheduled = last_planned;
  } else {
    schedule.completed = last_arrived;
  }
  return schedule;
}

bool IsAllDecided(const OrderStatus& order) {
  return std::all_of(order.lines.begin(), order.lines.end(), [](const OrderLineStatus& line) {
    return SaturatedAdd(line.delivered, line.written_off) >= line.ordered;
  });
}

bool IsFullyDelivered(const OrderStatus& order) {
  return IsAllDecided(order) &&
         std::any_of(order.lines.begin(), order.lines.end(),
                     [](const OrderLineStatus& line) { return line.delivered > 0; });
}

}  // namespace tallystick
