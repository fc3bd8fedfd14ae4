// The life of an order: pure functions from a state and an event to the next state and what payment
// and delivery are told. The table of docs/architecture.md, "The workflow", in code.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/instructions.h"
#include "platform/trade/status.h"

namespace tallystick::shopping {

// What a shipment is worth: its goods with tax, and the delivery fee on the first one that leaves.
struct ShipmentValue {
  std::string shipment_id;
  int64_t value = 0;
  bool captured = false;     // payment was told to capture it
  bool written_off = false;  // it failed for good, and payment was told that less is due

  friend bool operator==(const ShipmentValue&, const ShipmentValue&) = default;
};

struct Order {
  OrderContents contents;
  TradingStatus status;
  std::string buyer;
  std::string request_fingerprint;
  std::vector<ShipmentValue> shipment_values;

  friend bool operator==(const Order&, const Order&) = default;
};

// The next state, its revision one higher, and everything that is committed with it.
struct Change {
  Order order;
  std::vector<PaymentInstruction> payment;
  std::vector<DeliveryInstruction> delivery;
  std::vector<GoodsQuantity> stock_back;
};

// A new order: payment is told to authorize, delivery to book.
Change Accept(OrderContents contents, std::string buyer, std::string request_fingerprint,
              const std::string& payment_method, absl::Time now);

// Payment reported its whole status. The caller has checked the number.
Change OnPaymentReport(const Order& order, PaymentStatus payment, absl::Time now);

// Delivery reported its whole status. The caller has checked the number.
Change OnDeliveryReport(const Order& order, DeliveryStatus delivery, absl::Time now);

}  // namespace tallystick::shopping
