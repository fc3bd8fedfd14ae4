// The numbered sequence between two servers: each trade's messages in one direction carry 1, 2, 3 …
// so that each takes effect exactly once and in order, whatever is lost, repeated or reordered, and
// the receiver needs no table of what it has seen, only the last number. Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "platform/ids/uuid.h"
#include "platform/trade/apply.h"

namespace tallystick {

enum class SequenceVerdict { kNext, kAlreadyApplied, kNotYet };

// `last_applied` is 0 before the first message.
inline SequenceVerdict CheckSequence(int64_t last_applied, int64_t number) {
  if (number <= last_applied) return SequenceVerdict::kAlreadyApplied;
  return number == last_applied + 1 ? SequenceVerdict::kNext : SequenceVerdict::kNotYet;
}

// What the messages of a sequence mean to their receiver. Each service has its own, which servers,
// histories and fuzzing share.
template <typename R>
concept SequenceRules = requires(const typename R::Aggregate* aggregate,
                                 const typename R::Aggregate& known,
                                 const typename R::Message& message, absl::string_view reason,
                                 absl::Time now) {
  typename R::Change;
  { R::TradingId(message) } -> std::convertible_to<const Uuid&>;
  { R::Number(message) } -> std::same_as<int64_t>;
  // The sender and the RPC, for the audit.
  { R::Subject(message) } -> std::convertible_to<std::string>;
  { R::kRpc } -> std::convertible_to<std::string>;
  // The number of the last message that was applied; 0 before the first.
  { R::LastApplied(aggregate, message) } -> std::same_as<int64_t>;
  // What the next message changes, or why it is refused. `aggregate` may be null.
  { R::Apply(aggregate, message, now) } -> std::same_as<absl::StatusOr<typename R::Change>>;
  // Why a message whose number is used up was refused; empty when it was not.
  { R::RefusalOf(known, message) } -> std::same_as<std::string>;
  // Whether it shows that the sender or the receiver has lost something, or that messages overtake
  // each other. Then it takes no effect, unless it took effect before.
  { R::IsOutOfStep(aggregate, message) } -> std::same_as<bool>;
  // Uses up the number of a message that is refused; nullopt when there is none to use up.
  { R::Skip(known, message, reason, now) } -> std::same_as<std::optional<typename R::Change>>;
};

// What became of one message.
template <typename Change>
struct Applied {
  ApplyAnswer answer;
  bool decided = false;      // its turn had come, for the first time
  bool out_of_step = false;  // see SequenceRules
  std::optional<Change> change;
};

template <SequenceRules Rules>
Applied<typename Rules::Change> ApplyOne(const typename Rules::Aggregate* aggregate,
                                         const typename Rules::Message& message, absl::Time now) {
  Applied<typename Rules::Change> applied;
  ApplyAnswer& answer = applied.answer;
  SequenceVerdict verdict =
      CheckSequence(Rules::LastApplied(aggregate, message), Rules::Number(message));
  applied.out_of_step = Rules::IsOutOfStep(aggregate, message);
  if (applied.out_of_step && verdict == SequenceVerdict::kNext) verdict = SequenceVerdict::kNotYet;
  switch (verdict) {
    case SequenceVerdict::kAlreadyApplied:
      answer.outcome = ApplyOutcome::kAlreadyApplied;
      if (aggregate != nullptr) answer.reason = Rules::RefusalOf(*aggregate, message);
      if (!answer.reason.empty()) answer.outcome = ApplyOutcome::kRefused;
      break;
    case SequenceVerdict::kNotYet: answer.outcome = ApplyOutcome::kNotYet; break;
    case SequenceVerdict::kNext: {
      applied.decided = true;
      auto change = Rules::Apply(aggregate, message, now);
      if (change.ok()) {
        applied.change = *std::move(change);
        break;
      }
      answer = {ApplyOutcome::kRefused, std::string(change.status().message())};
      if (aggregate != nullptr) {
        applied.change = Rules::Skip(*aggregate, message, answer.reason, now);
      }
    }
  }
  return applied;
}

}  // namespace tallystick
