// What the shop tells payment and delivery to do, as pure values. The shop's domain produces them,
// the receivers' domains apply them; docs/protocol.md tells how they are numbered.
#pragma once

#include <string>
#include <variant>

#include "platform/trade/status.h"

namespace tallystick {

// Opens a payment.
struct AuthorizePayment {
  std::string buyer;
  std::string contents_digest;
  Money total;
  Terms terms = Terms::kUnspecified;
  std::string payment_method;
  absl::Time scheduled_time;
  std::string keepsake;  // the shop's: the order, sealed

  friend bool operator==(const AuthorizePayment&, const AuthorizePayment&) = default;
};

struct CapturePayment {
  int64_t amount = 0;
  std::string currency;
  std::string shipment_id;
  std::optional<absl::Time> scheduled_time;  // not before; at once if unset

  friend bool operator==(const CapturePayment&, const CapturePayment&) = default;
};

// An amount of one shipment.
struct ShipmentAmount {
  std::string shipment_id;
  int64_t amount = 0;

  friend bool operator==(const ShipmentAmount&, const ShipmentAmount&) = default;
};

// Less is due: voids or refunds whatever exceeds the new due amount.
struct ReduceDue {
  int64_t amount = 0;
  std::string currency;
  std::string reason;
  int64_t called_amount = 0;  // how much of it CapturePayment had called for
  // The same by the shipments that it named; empty: not said.
  std::vector<ShipmentAmount> called_for;

  friend bool operator==(const ReduceDue&, const ReduceDue&) = default;
};

struct PaymentInstruction {
  Uuid trading_id;
  int64_t sequence = 0;
  std::variant<AuthorizePayment, CapturePayment, ReduceDue> what;
  std::string traceparent{};  // of the request that caused it

  friend bool operator==(const PaymentInstruction&, const PaymentInstruction&) = default;
};

// Opens a delivery.
struct BookDelivery {
  std::string buyer;
  std::string contents_digest;
  std::vector<GoodsQuantity> lines;
  Address ship_to;
  std::string delivery_option;
  absl::Time scheduled_time;

  friend bool operator==(const BookDelivery&, const BookDelivery&) = default;
};

struct ReleaseDelivery {
  friend bool operator==(const ReleaseDelivery&, const ReleaseDelivery&) = default;
};

// What delivery is told when the buyer cancels and gives no reason.
inline constexpr char kCanceledByBuyer[] = "canceled by the buyer";
inline constexpr char kPaymentDeclined[] = "payment declined";

struct CancelDelivery {
  std::string reason;

  friend bool operator==(const CancelDelivery&, const CancelDelivery&) = default;
};

// Fetches delivered goods back.
struct CollectReturn {
  std::string return_id;
  std::vector<GoodsQuantity> lines;
  std::string reason;
  std::string request_id;  // the buyer's

  friend bool operator==(const CollectReturn&, const CollectReturn&) = default;
};

struct DeliveryInstruction {
  Uuid trading_id;
  int64_t sequence = 0;
  std::variant<BookDelivery, ReleaseDelivery, CancelDelivery, CollectReturn> what;
  std::string traceparent{};  // of the request that caused it

  friend bool operator==(const DeliveryInstruction&, const DeliveryInstruction&) = default;
};

// An instruction that its receiver refused: kept with the trade, so that the answer to it stays the
// same however often it is sent.
struct RefusedInstruction {
  int64_t sequence = 0;
  std::string reason;
  std::string shipment_id;  // of a capture

  friend bool operator==(const RefusedInstruction&, const RefusedInstruction&) = default;
};

// Why the instruction was refused; empty when it was not.
inline std::string RefusalOf(const std::vector<RefusedInstruction>& refused, int64_t sequence) {
  for (const RefusedInstruction& one : refused) {
    if (one.sequence == sequence) return one.reason;
  }
  return "";
}

// Takes back the refusals that end the sequence, of numbers above `known`: `applied` is the last
// number that is used up then.
inline void WithdrawRefusals(std::vector<RefusedInstruction>& refused, int64_t known,
                             int64_t& applied) {
  while (applied > known && !RefusalOf(refused, applied).empty()) {
    std::erase_if(refused, [&](const RefusedInstruction& one) { return one.sequence == applied; });
    --applied;
  }
}

}  // namespace tallystick
