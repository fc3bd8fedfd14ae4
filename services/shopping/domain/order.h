// The life of an order: pure functions from a state and an event to the next state and what payment
// and delivery are told. The table of docs/architecture.md, "The workflow", in code.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/instructions.h"
#include "platform/trade/report.h"
#include "platform/trade/status.h"

namespace tallystick::shopping {

// The goods of one product in a shipment.
struct LineValue {
  std::string sku;
  int64_t quantity = 0;
  int64_t value = 0;     // with tax
  int64_t returned = 0;  // pieces that came back

  friend bool operator==(const LineValue&, const LineValue&) = default;
};

// What a shipment is worth: its goods with tax, and the delivery fee on the first one that leaves.
struct ShipmentValue {
  std::string shipment_id;
  int64_t value = 0;
  bool captured = false;     // payment was told to capture it, now or at a date
  bool written_off = false;  // it will never arrive, and payment was told that less is due
  std::vector<LineValue> lines;

  friend bool operator==(const ShipmentValue&, const ShipmentValue&) = default;
};

// What the shop grants when it accepts an order.
struct OrderPolicy {
  absl::Duration return_period = absl::Hours(24 * 14);  // from the delivery of each piece
  TermsPeriods periods = LawfulPeriods();

  friend bool operator==(const OrderPolicy&, const OrderPolicy&) = default;
};

// A request to cancel or to return that took effect; repeated, it changes nothing.
struct AppliedRequest {
  Uuid request_id;
  std::string fingerprint;
  std::string return_id;  // for a request to return

  friend bool operator==(const AppliedRequest&, const AppliedRequest&) = default;
};

struct Order {
  OrderContents contents;
  TradingStatus status;
  std::string buyer;
  std::string request_fingerprint;
  OrderPolicy policy;
  std::vector<ShipmentValue> shipment_values;
  std::vector<AppliedRequest> applied_requests;
  // For each of the status' returns: the number of the instruction that lowers the due amount by
  // its value; 0 while it has not come back.
  std::vector<int64_t> return_reductions;
  // A cancellation under way has been undone in money and stock already; payment has yet to answer.
  bool cancellation_undone = false;
  // What payment and delivery gave the shop to keep with their last reports.
  std::string payment_keepsake;
  std::string delivery_keepsake;
  // What they were told and have not shown in a report yet.
  std::vector<PaymentInstruction> unheard_payment;
  std::vector<DeliveryInstruction> unheard_delivery;
  // Of the buyer's last request that changed it; see platform/ids/trace.h.
  std::string traceparent;

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
              const std::string& payment_method, const OrderPolicy& policy, absl::Time now);

// Payment or delivery reported its whole status. The caller has checked that it follows what was
// heard last.
Change OnReport(const Order& order, const StatusReport& report, absl::Time now);

}  // namespace tallystick::shopping
