// The three statuses of a trade as pure values: what the services' domains produce, the shop's
// domain reads and the buyer's match compares. Amounts are in minor units of `currency`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "platform/trade/contents.h"

namespace tallystick {

// Numbers equal those of proto/. Values that a newer peer sends are kept as they are.
enum class OrderState {
  kUnspecified,
  kAccepted,
  kConfirmed,
  kCompleted,
  kRejected,
  kCancelPending,
  kCanceled
};
enum class PaymentState {
  kUnspecified,
  kScheduled,
  kAuthorized,
  kPartiallyCaptured,
  kCaptured,
  kDeclined,
  kVoided,
  kPartiallyRefunded,
  kRefunded
};
enum class TransactionType { kUnspecified, kAuthorize, kCapture, kVoid, kRefund };
enum class TransactionState { kUnspecified, kPending, kSucceeded, kFailed, kUnknown };
enum class BookingState { kUnspecified, kPending, kAccepted, kRefused };
enum class ShipmentState {
  kUnspecified,
  kScheduled,
  kPreparing,
  kInTransit,
  kOutForDelivery,
  kDelivered,
  kFailed,
  kCanceled
};
enum class DeliveryState {
  kUnspecified,
  kScheduled,
  kPreparing,
  kInTransit,
  kOutForDelivery,
  kPartiallyDelivered,
  kDelivered,
  kFailed,
  kCanceled
};

enum class ReturnState { kUnspecified, kRequested, kCollecting, kReceived, kRefunded, kRejected };
enum class AdjustmentType { kUnspecified, kRejected, kCanceled, kWrittenOff, kReturned };

// A planned or a real date; at most one is set.
struct Schedule {
  std::optional<absl::Time> scheduled;
  std::optional<absl::Time> completed;

  friend bool operator==(const Schedule&, const Schedule&) = default;
};

// What every status carries.
struct StatusHeader {
  Uuid trading_id;
  int64_t revision = 0;
  absl::Time create_time;
  absl::Time update_time;
  std::string contents_digest;
  // None of these in what a service says lawfully.
  std::string odd_trading_id;  // what stood there, if it is no UUID; `trading_id` is nil then
  std::vector<OddAmount> odd_amounts;

  friend bool operator==(const StatusHeader&, const StatusHeader&) = default;
};

struct GoodsQuantity {
  std::string sku;
  int64_t quantity = 0;

  friend bool operator==(const GoodsQuantity&, const GoodsQuantity&) = default;
};

// Goods that the buyer gives back.
struct Return {
  std::string return_id;
  ReturnState state = ReturnState::kUnspecified;
  std::vector<GoodsQuantity> lines;
  std::string reason;            // the buyer's
  std::string rejection_reason;  // for REJECTED
  absl::Time request_time;
  std::optional<absl::Time> receive_time;
  int64_t amount = 0;  // what the due amount was lowered by; the shop's to say
  // Delivery's to say: of the buyer's request. Empty when the shop did not say.
  std::string request_id;

  friend bool operator==(const Return&, const Return&) = default;
};

// Why less is due than was ordered.
struct DueAdjustment {
  AdjustmentType type = AdjustmentType::kUnspecified;
  int64_t amount = 0;
  std::string reference_id;  // the shipment's or return's
  std::vector<GoodsQuantity> lines;
  absl::Time create_time;

  friend bool operator==(const DueAdjustment&, const DueAdjustment&) = default;
};

struct OrderLineStatus {
  std::string sku;
  int64_t ordered = 0;
  int64_t dispatched = 0;
  int64_t delivered = 0;
  int64_t written_off = 0;
  int64_t return_requested = 0;
  int64_t returned = 0;

  friend bool operator==(const OrderLineStatus&, const OrderLineStatus&) = default;
};

struct OrderStatus : StatusHeader {
  OrderState state = OrderState::kUnspecified;
  std::vector<OrderLineStatus> lines;
  std::string reason;
  std::string currency;
  int64_t due = 0;
  Schedule delivery_schedule;
  Schedule payment_schedule;
  int64_t payment_instructions = 0;
  int64_t delivery_instructions = 0;
  int64_t payment_revision = 0;
  int64_t delivery_revision = 0;
  std::vector<DueAdjustment> adjustments;
  std::vector<Return> returns;
  std::optional<absl::Time> return_deadline;

  friend bool operator==(const OrderStatus&, const OrderStatus&) = default;
};

struct PaymentTransaction {
  int32_t number = 0;
  TransactionType type = TransactionType::kUnspecified;
  TransactionState state = TransactionState::kUnspecified;
  int64_t amount = 0;
  std::string reference;
  std::string shipment_id;
  std::string failure_reason;
  absl::Time create_time;
  absl::Time update_time;
  int32_t retry_of = 0;

  friend bool operator==(const PaymentTransaction&, const PaymentTransaction&) = default;
};

// A capture that begins by itself at its date.
struct PlannedCapture {
  int64_t number = 0;
  int64_t amount = 0;
  std::string shipment_id;
  absl::Time scheduled_time;

  friend bool operator==(const PlannedCapture&, const PlannedCapture&) = default;
};

struct PaymentStatus : StatusHeader {
  PaymentState state = PaymentState::kUnspecified;
  Terms terms = Terms::kUnspecified;
  std::string currency;
  int64_t due = 0;
  int64_t authorized = 0;
  int64_t captured = 0;
  int64_t refunded = 0;
  int64_t voided = 0;
  std::vector<PaymentTransaction> transactions;
  Schedule schedule;
  int64_t instructions_applied = 0;
  std::vector<PlannedCapture> planned_captures;

  friend bool operator==(const PaymentStatus&, const PaymentStatus&) = default;
};

struct Shipment {
  std::string shipment_id;
  ShipmentState state = ShipmentState::kUnspecified;
  std::vector<GoodsQuantity> lines;
  std::string carrier;
  std::string tracking_number;
  std::string reason;
  Schedule schedule;
  std::optional<absl::Time> dispatch_time;

  friend bool operator==(const Shipment&, const Shipment&) = default;
};

struct DeliveryLine {
  std::string sku;
  int64_t ordered = 0;
  int64_t dispatched = 0;
  int64_t delivered = 0;
  int64_t failed = 0;
  int64_t canceled = 0;
  int64_t returned = 0;

  friend bool operator==(const DeliveryLine&, const DeliveryLine&) = default;
};

struct DeliveryStatus : StatusHeader {
  DeliveryState state = DeliveryState::kUnspecified;
  BookingState booking = BookingState::kUnspecified;
  std::string reason;
  Address ship_to;
  std::vector<DeliveryLine> lines;
  std::vector<Shipment> shipments;
  Schedule schedule;
  int64_t instructions_applied = 0;
  std::vector<Return> returns;

  friend bool operator==(const DeliveryStatus&, const DeliveryStatus&) = default;
};

// The shop's account of all three.
struct TradingStatus {
  Uuid trading_id;
  std::string odd_trading_id;  // as in StatusHeader
  OrderStatus order;
  std::optional<PaymentStatus> payment;
  std::optional<DeliveryStatus> delivery;

  friend bool operator==(const TradingStatus&, const TradingStatus&) = default;
};

// REQUESTED or COLLECTING: the goods are not back yet.
bool IsUnderWay(const Return& goods_return);

// RECEIVED or REFUNDED.
bool IsBack(const Return& goods_return);

// PENDING or UNKNOWN: the gateway has yet to say.
bool IsOpen(const PaymentTransaction& transaction);

// SUCCEEDED or FAILED.
bool HasEnded(const PaymentTransaction& transaction);

// DELIVERED, FAILED or CANCELED: nothing more will happen to it.
bool HasEnded(const Shipment& shipment);

// REJECTED or CANCELED: nothing was delivered, and nothing is to be paid.
bool EndedWithoutDelivery(const OrderStatus& order);

// Those and COMPLETED; returns may still be under way.
bool HasEnded(const OrderStatus& order);

// Left the warehouse, whatever became of it then.
bool IsDispatched(const Shipment& shipment);

// "COMPLETED", "PARTIALLY_CAPTURED" …; "UNKNOWN(17)" for a value of a newer peer.
std::string ToString(OrderState state);
std::string ToString(PaymentState state);
std::string ToString(TransactionType type);
std::string ToString(TransactionState state);
std::string ToString(BookingState state);
std::string ToString(ShipmentState state);
std::string ToString(DeliveryState state);
std::string ToString(ReturnState state);
std::string ToString(AdjustmentType type);

}  // namespace tallystick
