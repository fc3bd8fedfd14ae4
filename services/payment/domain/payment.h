// What is allowed with a payment: pure functions from a state and an event to the next state. No
// clock, no I/O; time comes in with the event.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/instructions.h"
#include "platform/trade/report.h"
#include "platform/trade/status.h"

namespace tallystick::payment {

struct Payment {
  PaymentStatus status;
  std::string buyer;
  std::string payment_method;
  int64_t called = 0;  // what the shop has asked to capture, less what it took back of that
  std::vector<RefusedInstruction> refused;
  // The fingerprints of the instructions that moved money, by their numbers.
  std::map<int64_t, uint64_t> instructed;
  std::string shop_keepsake;  // given back to the shop if it has lost the order
  // If ever, the gateway may have carried out what is not known here.
  TakenBack taken_back;
  // Of the last request that changed it; see platform/ids/trace.h.
  std::string traceparent{};

  friend bool operator==(const Payment&, const Payment&) = default;
};

// The next state, its revision one higher, the numbers of the transactions that the gateway has to
// be asked to carry out, and of the captures that are to begin at their dates.
struct Change {
  Payment payment;
  std::vector<int32_t> to_submit;
  std::vector<PlannedCapture> to_schedule;
};

// The next instruction of a trade; `payment` is null for the first, which must open it. The caller
// has checked the sequence number. FAILED_PRECONDITION when the instruction is not lawful now: a
// capture of more than is due or authorized, another currency, a second opening.
absl::StatusOr<Change> Apply(const Payment* payment, const PaymentInstruction& instruction,
                             absl::Time now);

// Why an instruction whose number is used up was refused, or is another than the one that had the
// number: a shop that has lost what it told gives numbers again. Empty when neither.
std::string RefusalOf(const Payment& payment, const PaymentInstruction& instruction);

// Uses up the number of an instruction that Apply refused for `reason`, so that the following ones
// are not held up, and remembers both. Requires an existing payment.
Payment SkipInstruction(const Payment& payment, const PaymentInstruction& instruction,
                        absl::string_view reason, absl::Time now);

struct Outcome {
  TransactionState state = TransactionState::kUnknown;  // SUCCEEDED, FAILED or UNKNOWN
  std::string failure_reason;
};

// What the gateway said about transaction `number`. Nullopt when it changes nothing: the
// transaction has ended already, or is UNKNOWN and still is.
std::optional<Change> RecordOutcome(const Payment& payment, int32_t number, const Outcome& outcome,
                                    absl::Time now);

// The date of planned capture `number` has come: it begins. Nullopt when there is none (any more).
std::optional<Change> BeginPlanned(const Payment& payment, int64_t number, absl::Time now);

// What a person says became of transaction `number`, which is taken for one of `type`, if that is
// set. Nullopt when that is known already; NOT_FOUND (TRANSACTION_NOT_FOUND), FAILED_PRECONDITION
// (TRANSACTION_ENDED {state}, OTHER_TRANSACTION {type}).
absl::StatusOr<std::optional<Change>> RecordByHand(const Payment& payment, int32_t number,
                                                   std::optional<TransactionType> type,
                                                   const Outcome& outcome, absl::Time now);

// Begins failed transaction `number` anew, for as much of it as is still called for. Nullopt when
// that was done already; NOT_FOUND (TRANSACTION_NOT_FOUND), FAILED_PRECONDITION
// (NOTHING_TO_RETRY).
absl::StatusOr<std::optional<Change>> Retry(const Payment& payment, int32_t number, absl::Time now);

// Failed, not tried again, and somebody has to decide: a capture, a void or a refund.
bool NeedsPerson(const PaymentStatus& status, const PaymentTransaction& transaction);

// Null when there is no such transaction.
const PaymentTransaction* FindTransaction(const Payment& payment, int32_t number);

}  // namespace tallystick::payment
