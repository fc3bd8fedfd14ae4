#include "services/payment/domain/payment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/lang/overloaded.h"
#include "platform/trade/contents.h"
#include "platform/trade/rollup.h"
#include "services/payment/domain/payment_change.h"

namespace tallystick::payment {
namespace {

// What was called for and neither captured nor being captured.
int64_t Uncollected(const Payment& payment) {
  const PaymentStatus& status = payment.status;
  return std::max<int64_t>(0, payment.called - status.captured + status.refunded -
                                  OpenAmount(status, TransactionType::kCapture));
}

// What has to go back and is not on its way.
int64_t Overpaid(const Payment& payment) {
  const PaymentStatus& status = payment.status;
  return std::max<int64_t>(0, status.captured - status.refunded - payment.called -
                                  OpenAmount(status, TransactionType::kRefund));
}

// What is authorized and neither taken, nor about to be, nor given up.
int64_t FreeAuthorization(const PaymentStatus& status) {
  return status.authorized - status.captured - status.voided -
         OpenAmount(status, TransactionType::kCapture) - OpenAmount(status, TransactionType::kVoid);
}

// An authorization that will not be needed.
int64_t Unneeded(const Payment& payment) {
  const int64_t still_to_capture =
      std::max<int64_t>(0, payment.status.due - payment.called) + Uncollected(payment);
  return std::max<int64_t>(0, FreeAuthorization(payment.status) - still_to_capture);
}

// What the gateway knows a transaction by. Of a capture, by its shipment: a payment that was lost
// and is instructed anew, in whichever order, asks for the same under the same reference. Others
// count on their own.
std::string ReferenceOf(const PaymentStatus& status, TransactionType type,
                        const std::string& shipment_id) {
  const bool captures = type == TransactionType::kCapture;
  const auto is_alike = [&](const PaymentTransaction& one) {
    return one.type == type && (!captures || one.shipment_id == shipment_id);
  };
  const auto before = std::ranges::count_if(status.transactions, is_alike);
  const char* kind = captures                           ? "c"
                     : type == TransactionType::kVoid   ? "v"
                     : type == TransactionType::kRefund ? "r"
                                                        : "a";
  const std::string trade = absl::StrCat(status.trading_id.ToString(), "-", kind);
  if (!captures) return absl::StrCat(trade, before + 1);
  return before == 0 ? absl::StrCat(trade, shipment_id)
                     : absl::StrCat(trade, shipment_id, "-", before + 1);
}

PaymentTransaction& Begin(Change& change, TransactionType type, int64_t amount,
                          std::string shipment_id, absl::Time now) {
  PaymentStatus& status = change.payment.status;
  PaymentTransaction transaction;
  transaction.number = static_cast<int32_t>(status.transactions.size()) + 1;
  transaction.type = type;
  transaction.state = TransactionState::kPending;
  transaction.amount = amount;
  transaction.reference = ReferenceOf(status, type, shipment_id);
  transaction.shipment_id = std::move(shipment_id);
  transaction.create_time = transaction.update_time = now;
  change.to_submit.push_back(transaction.number);
  return status.transactions.emplace_back(std::move(transaction));
}

// What is planned never exceeds what is uncollected; the latest gives way first.
void ShrinkPlans(Payment& payment) {
  int64_t room = Uncollected(payment);
  for (PlannedCapture& planned : payment.status.planned_captures) {
    planned.amount = std::min(planned.amount, room);
    room -= planned.amount;
  }
  std::erase_if(payment.status.planned_captures,
                [](const PlannedCapture& planned) { return planned.amount == 0; });
}

// Gives back whatever exceeds what is due: the authorization that will not be needed, the money
// that was captured beyond it. Says nothing while the gateway still has to answer about either: so
// that one refund gives back what is known only when all captures are, and so that a payment that
// was lost and is instructed anew asks for the same under the same reference. What the gateway once
// refused to give back waits for a person, or it would be tried for ever.
void GiveBackExcess(Change& change, absl::Time now) {
  const PaymentStatus& status = change.payment.status;
  if (!HasOpen(status, TransactionType::kAuthorize) && !HasFailed(status, TransactionType::kVoid)) {
    const int64_t excess = Unneeded(change.payment);
    if (excess > 0) Begin(change, TransactionType::kVoid, excess, "", now);
  }
  const int64_t overpaid = Overpaid(change.payment);
  if (overpaid > 0 && !HasOpen(status, TransactionType::kCapture) &&
      !HasOpen(status, TransactionType::kRefund) && !HasFailed(status, TransactionType::kRefund)) {
    Begin(change, TransactionType::kRefund, overpaid, "", now);
  }
}

absl::Status NoTransaction(int32_t number) {
  return MakeError(absl::StatusCode::kNotFound, "TRANSACTION_NOT_FOUND",
                   absl::StrCat("the trade has no transaction ", number));
}

absl::Status Refuse(absl::string_view why) { return absl::FailedPreconditionError(why); }

absl::StatusOr<Change> Open(const PaymentInstruction& instruction,
                            const AuthorizePayment& authorize, absl::Time now) {
  if (authorize.total.minor < 0 || !IsCurrencyCode(authorize.total.currency)) {
    return Refuse("the total is not an amount");
  }
  Change change;
  change.payment.buyer = authorize.buyer;
  change.payment.payment_method = authorize.payment_method;
  change.payment.shop_keepsake = authorize.keepsake;
  PaymentStatus& status = change.payment.status;
  status.trading_id = instruction.trading_id;
  status.create_time = now;
  status.contents_digest = authorize.contents_digest;
  status.terms = authorize.terms;
  status.currency = authorize.total.currency;
  status.due = authorize.total.minor;
  status.schedule.scheduled = authorize.scheduled_time;
  Begin(change, TransactionType::kAuthorize, authorize.total.minor, "", now);
  return change;
}

absl::Status Capture(Change& change, const CapturePayment& capture, int64_t number,
                     absl::Time now) {
  PaymentStatus& status = change.payment.status;
  if (capture.currency != status.currency) return Refuse("the capture is in another currency");
  if (capture.amount <= 0) return Refuse("the capture is not positive");
  if (capture.amount > status.due - change.payment.called) {
    return Refuse("the capture exceeds what is due");
  }
  if (capture.amount > FreeAuthorization(status) - Uncollected(change.payment)) {
    return Refuse("the capture exceeds what is authorized");
  }
  change.payment.called += capture.amount;
  if (!capture.scheduled_time || *capture.scheduled_time <= now) {
    Begin(change, TransactionType::kCapture, capture.amount, capture.shipment_id, now);
    return absl::OkStatus();
  }
  const PlannedCapture planned{number, capture.amount, capture.shipment_id,
                               *capture.scheduled_time};
  auto& plans = status.planned_captures;
  plans.insert(std::upper_bound(plans.begin(), plans.end(), planned,
                                [](const PlannedCapture& a, const PlannedCapture& b) {
                                  return a.scheduled_time < b.scheduled_time;
                                }),
               planned);
  change.to_schedule.push_back(planned);
  return absl::OkStatus();
}

// What was called for of the amount that is taken off, and not refused.
int64_t CalledOf(const Payment& payment, const ReduceDue& reduce) {
  int64_t called = reduce.called_amount;
  for (const ShipmentAmount& part : reduce.called_for) {
    const auto is_its = [&part](const auto& one) { return one.shipment_id == part.shipment_id; };
    const bool refused = std::ranges::any_of(payment.refused, is_its) &&
                         std::ranges::none_of(payment.status.transactions, is_its);
    if (refused) called -= part.amount;
  }
  return std::max<int64_t>(0, called);
}

absl::Status Reduce(Change& change, const ReduceDue& reduce) {
  PaymentStatus& status = change.payment.status;
  if (reduce.currency != status.currency) return Refuse("the reduction is in another currency");
  if (reduce.amount < 0 || reduce.called_amount < 0 || reduce.called_amount > reduce.amount) {
    return Refuse("the reduction is negative, or of more than was called for");
  }
  int64_t called_for = 0;
  for (const ShipmentAmount& part : reduce.called_for) {
    if (part.amount < 0) return Refuse("the reduction is of less than nothing of a shipment");
    called_for = SaturatedAdd(called_for, part.amount);
  }
  if (!reduce.called_for.empty() && called_for != reduce.called_amount) {
    return Refuse("the reduction says two amounts that were called for");
  }
  const int64_t called = change.payment.called - CalledOf(change.payment, reduce);
  // A declined payment has nothing due already: the shop may not have heard of it.
  status.due = std::max<int64_t>(0, status.due - reduce.amount);
  change.payment.called = std::max<int64_t>(0, std::min(called, status.due));
  return absl::OkStatus();
}

// Of what moves money. (Whose order a payment is of, its contents' digest tells.) Stands in the
// database: do not change it.
std::optional<uint64_t> FingerprintOf(const PaymentInstruction& instruction) {
  CanonicalWriter text;
  const bool moves_money = std::visit(
      Overloaded{[](const AuthorizePayment&) { return false; },
                 [&](const CapturePayment& capture) {
                   text.Text("capture").Number(capture.amount).Text(capture.shipment_id);
                   return true;
                 },
                 [&](const ReduceDue& reduce) {
                   text.Text("reduce").Number(reduce.amount).Number(reduce.called_amount);
                   return true;
                 }},
      instruction.what);
  if (!moves_money) return std::nullopt;
  const std::string hash = Sha256(text.bytes());
  uint64_t fingerprint = 0;
  for (size_t i = 0; i < sizeof(fingerprint); ++i) {
    fingerprint = fingerprint << 8 | static_cast<unsigned char>(hash[i]);
  }
  return fingerprint;
}

// Its number is used up. (Refusals from that number on may have been withdrawn.)
void NoteApplied(Payment& payment, const PaymentInstruction& instruction) {
  if (!instruction.traceparent.empty()) payment.traceparent = instruction.traceparent;
  payment.status.instructions_applied = instruction.sequence;
  auto& instructed = payment.instructed;
  instructed.erase(instructed.lower_bound(instruction.sequence), instructed.end());
  const std::optional<uint64_t> fingerprint = FingerprintOf(instruction);
  if (fingerprint) instructed.emplace(instruction.sequence, *fingerprint);
}

}  // namespace

void RollUp(Change& change, absl::Time now) {
  PaymentStatus& status = change.payment.status;
  status.authorized = SumOf(status, TransactionType::kAuthorize);
  status.captured = SumOf(status, TransactionType::kCapture);
  status.refunded = SumOf(status, TransactionType::kRefund);
  status.voided = SumOf(status, TransactionType::kVoid);
  ShrinkPlans(change.payment);
  GiveBackExcess(change, now);
  status.state = RollUpState(status);
  if (status.state == PaymentState::kDeclined) status.due = change.payment.called = 0;
  const bool settled = IsSettled(status);
  const bool paid = settled && status.captured > 0;
  if (status.schedule.scheduled && !status.planned_captures.empty()) {
    status.schedule.scheduled = status.planned_captures.front().scheduled_time;
  }
  if (paid && !status.schedule.completed) status.schedule = {std::nullopt, now};
  if (settled && !paid) status.schedule = {};  // nothing will be paid
  ++status.revision;
  status.update_time = now;
}

absl::StatusOr<Change> Apply(const Payment* payment, const PaymentInstruction& instruction,
                             absl::Time now) {
  const auto* authorize = std::get_if<AuthorizePayment>(&instruction.what);
  if (payment == nullptr && authorize == nullptr) {
    return Refuse("the trade's first instruction must open the payment");
  }
  if (payment != nullptr && authorize != nullptr) return Refuse("the payment is open already");
  Change change;
  if (payment == nullptr) {
    absl::StatusOr<Change> opened = Open(instruction, *authorize, now);
    if (!opened.ok()) return opened;
    change = *std::move(opened);
  } else {
    change.payment = *payment;
    const absl::Status status =
        std::visit(Overloaded{[](const AuthorizePayment&) { return absl::OkStatus(); },
                              [&](const CapturePayment& capture) {
                                return Capture(change, capture, instruction.sequence, now);
                              },
                              [&](const ReduceDue& reduce) { return Reduce(change, reduce); }},
                   instruction.what);
    if (!status.ok()) return status;
  }
  NoteApplied(change.payment, instruction);
  RollUp(change, now);
  return change;
}

std::string RefusalOf(const Payment& payment, const PaymentInstruction& instruction) {
  std::string reason = tallystick::RefusalOf(payment.refused, instruction.sequence);
  if (!reason.empty()) return reason;
  const auto before = payment.instructed.find(instruction.sequence);
  const std::optional<uint64_t> now = FingerprintOf(instruction);
  if (before == payment.instructed.end() || !now || before->second == *now) return "";
  return absl::StrCat("another instruction had number ", instruction.sequence,
                      " before the shop lost what it told");
}

Payment SkipInstruction(const Payment& payment, const PaymentInstruction& instruction,
                        absl::string_view reason, absl::Time now) {
  Payment next = payment;
  const auto* capture = std::get_if<CapturePayment>(&instruction.what);
  next.refused.push_back(
      {instruction.sequence, std::string(reason), capture == nullptr ? "" : capture->shipment_id});
  NoteApplied(next, instruction);
  ++next.status.revision;
  next.status.update_time = now;
  return next;
}

std::optional<Change> RecordOutcome(const Payment& payment, int32_t number, const Outcome& outcome,
                                    absl::Time now) {
  const PaymentTransaction* found = FindTransaction(payment, number);
  if (found == nullptr) return std::nullopt;
  const bool ended =
      found->state == TransactionState::kSucceeded || found->state == TransactionState::kFailed;
  if (ended || found->state == outcome.state) return std::nullopt;
  Change change{payment};
  PaymentTransaction& transaction = change.payment.status.transactions[number - 1];
  transaction.state = outcome.state;
  transaction.failure_reason = outcome.failure_reason;
  transaction.update_time = now;
  RollUp(change, now);
  return change;
}

std::optional<Change> BeginPlanned(const Payment& payment, int64_t number, absl::Time now) {
  Change change{payment};
  auto& plans = change.payment.status.planned_captures;
  const auto found =
      std::find_if(plans.begin(), plans.end(),
                   [number](const PlannedCapture& planned) { return planned.number == number; });
  if (found == plans.end()) return std::nullopt;
  const PlannedCapture planned = *found;
  plans.erase(found);
  Begin(change, TransactionType::kCapture, planned.amount, planned.shipment_id, now);
  RollUp(change, now);
  return change;
}

absl::StatusOr<std::optional<Change>> RecordByHand(const Payment& payment, int32_t number,
                                                   std::optional<TransactionType> type,
                                                   const Outcome& outcome, absl::Time now) {
  const PaymentTransaction* found = FindTransaction(payment, number);
  if (found == nullptr) return NoTransaction(number);
  if (type && found->type != *type) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "OTHER_TRANSACTION",
                     absl::StrCat("transaction ", number, " is no ", ToString(*type), ", but ",
                                  ToString(found->type), " ", ToString(found->state)),
                     {{"type", ToString(found->type)}});
  }
  if (found->state == outcome.state) return std::nullopt;
  std::optional<Change> change = RecordOutcome(payment, number, outcome, now);
  if (change) return change;
  return MakeError(absl::StatusCode::kFailedPrecondition, "TRANSACTION_ENDED",
                   absl::StrCat("transaction ", number, " is ", ToString(found->state), " already",
                                NeedsPerson(payment.status, *found)
                                    ? "; was it carried out otherwise, retry it while the gateway "
                                      "is held, and record the one that begins then"
                                    : ""),
                   {{"state", ToString(found->state)}});
}

absl::StatusOr<std::optional<Change>> Retry(const Payment& payment, int32_t number,
                                            absl::Time now) {
  const PaymentTransaction* found = FindTransaction(payment, number);
  if (found == nullptr) return NoTransaction(number);
  if (WasRetried(payment.status, number)) return std::nullopt;
  int64_t needed = 0;
  if (found->state == TransactionState::kFailed) {
    switch (found->type) {
      case TransactionType::kCapture:
        needed = std::min(Uncollected(payment) - PlannedAmount(payment.status),
                          FreeAuthorization(payment.status));
        break;
      case TransactionType::kVoid: needed = Unneeded(payment); break;
      case TransactionType::kRefund: needed = Overpaid(payment); break;
      default: break;
    }
  }
  const int64_t amount = std::min(found->amount, needed);
  if (amount <= 0) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NOTHING_TO_RETRY",
                     absl::StrCat("transaction ", number, " (", ToString(found->type), ", ",
                                  ToString(found->state), ") has nothing that is to be retried"));
  }
  Change change{payment};
  Begin(change, found->type, amount, found->shipment_id, now).retry_of = number;
  RollUp(change, now);
  return change;
}

bool NeedsPerson(const PaymentStatus& status, const PaymentTransaction& transaction) {
  return transaction.state == TransactionState::kFailed &&
         transaction.type != TransactionType::kAuthorize && !WasRetried(status, transaction.number);
}

const PaymentTransaction* FindTransaction(const Payment& payment, int32_t number) {
  const auto& transactions = payment.status.transactions;
  if (number < 1 || number > static_cast<int32_t>(transactions.size())) return nullptr;
  return &transactions[number - 1];
}

}  // namespace tallystick::payment
