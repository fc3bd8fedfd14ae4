// What the shop's instructions mean to the delivery manager: the rules of their sequence. Pure.
#pragma once

#include <string>

#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {

struct InstructionRules {
  using Aggregate = Delivery;
  using Message = DeliveryInstruction;
  using Change = delivery::Change;

  static constexpr char kRpc[] = "DeliveryInstructions/ApplyInstructions";
  static std::string Subject(const Message&) { return "shopping"; }
  static const Uuid& TradingId(const Message& message) { return message.trading_id; }
  static int64_t Number(const Message& message) { return message.sequence; }
  static int64_t LastApplied(const Delivery* delivery, const Message&) {
    return delivery == nullptr ? 0 : delivery->status.instructions_applied;
  }
  static absl::StatusOr<Change> Apply(const Delivery* delivery, const Message& message,
                                      absl::Time now) {
    return delivery::Apply(delivery, message, now);
  }
  static std::string RefusalOf(const Delivery& delivery, const Message& message) {
    return tallystick::RefusalOf(delivery.refused, message.sequence);
  }
  // What shows it is seen by the shop, in the answers.
  static bool IsOutOfStep(const Delivery*, const Message&) { return false; }
  static std::optional<Change> Skip(const Delivery& delivery, const Message& message,
                                    absl::string_view reason, absl::Time now) {
    return Change{SkipInstruction(delivery, message.sequence, reason, now), false, {}, {}};
  }
};

}  // namespace tallystick::delivery
