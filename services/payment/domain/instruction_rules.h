// What the shop's instructions mean to the payment manager: the rules of their sequence. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <variant>

#include "services/payment/domain/payment.h"

namespace tallystick::payment {

struct InstructionRules {
  using Aggregate = Payment;
  using Message = PaymentInstruction;
  using Change = payment::Change;

  static constexpr char kRpc[] = "PaymentInstructions/ApplyInstructions";
  static std::string Subject(const Message&) { return "shopping"; }
  static const Uuid& TradingId(const Message& message) { return message.trading_id; }
  static int64_t Number(const Message& message) { return message.sequence; }
  static int64_t LastApplied(const Payment* payment, const Message&) {
    return payment == nullptr ? 0 : payment->status.instructions_applied;
  }
  static absl::StatusOr<Change> Apply(const Payment* payment, const Message& message,
                                      absl::Time now) {
    return payment::Apply(payment, message, now);
  }
  static std::string RefusalOf(const Payment& payment, const Message& message) {
    return payment::RefusalOf(payment, message);
  }
  // What shows it is seen by the shop, in the answers.
  // A capture that comes before the authorization is decided: the shop knows more than this
  // database, which was restored. It can still come true.
  static bool IsOutOfStep(const Payment* payment, const Message& message) {
    const auto is_open_authorization = [](const PaymentTransaction& transaction) {
      return transaction.type == TransactionType::kAuthorize && IsOpen(transaction);
    };
    const auto* capture = std::get_if<CapturePayment>(&message.what);
    return payment != nullptr && capture != nullptr &&
           capture->amount <= payment->status.due - payment->called &&
           std::ranges::any_of(payment->status.transactions, is_open_authorization);
  }
  static std::optional<Change> Skip(const Payment& payment, const Message& message,
                                    absl::string_view reason, absl::Time now) {
    return Change{SkipInstruction(payment, message, reason, now), {}, {}};
  }
};

}  // namespace tallystick::payment
