// The receiving end of the numbered sequences: applies a batch of messages of any trades in one
// unit of work, each exactly once and in its trade's order.
#pragma once

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/ids/trace.h"
#include "platform/process/log.h"
#include "platform/relay/trade_unit.h"
#include "platform/trade/sequence.h"

namespace tallystick {

// The trades of the messages.
template <SequenceRules Rules>
std::vector<Uuid> TradesOfMessages(std::span<const typename Rules::Message> messages) {
  std::vector<Uuid> ids;
  ids.reserve(messages.size());
  for (const auto& message : messages) ids.push_back(Rules::TradingId(message));
  return ids;
}

// Answers each message, in order. `take(trading_id, change)` puts what a message changes;
// `notice(trading_id)` is told of those that are out of step.
template <SequenceRules Rules, TradeUnit Unit, typename Take, typename Notice>
std::vector<absl::StatusOr<ApplyAnswer>> ApplyNumbered(
    Unit& unit, std::span<const typename Rules::Message> messages, Take take, Notice notice) {
  std::vector<absl::StatusOr<ApplyAnswer>> answers;
  for (const auto& message : messages) {
    const Uuid& id = Rules::TradingId(message);
    auto applied = ApplyOne<Rules>(unit.Find(id), message, unit.now());
    // (What took effect is a revision of the trade: the history has it.)
    if (applied.decided && applied.answer.outcome == ApplyOutcome::kRefused) {
      unit.Audit(id, Rules::Subject(message), Rules::kRpc, "REFUSED");
      log::Error("message refused", {{"trading_id", id.ToString()},
                                     {"reason", applied.answer.reason},
                                     {"trace_id", TraceIdOf(message.traceparent)}});
    }
    if (applied.change) take(id, *std::move(applied.change));
    if (applied.out_of_step) notice(id);
    answers.emplace_back(std::move(applied.answer));
  }
  return answers;
}

template <SequenceRules Rules, TradeUnit Unit, typename Take>
std::vector<absl::StatusOr<ApplyAnswer>> ApplyNumbered(
    Unit& unit, std::span<const typename Rules::Message> messages, Take take) {
  return ApplyNumbered<Rules>(unit, messages, take, [](const Uuid&) {});
}

}  // namespace tallystick
