#include "services/payment/domain/payment.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/runtime/overloaded.h"
#include "platform/trade/rollup.h"

namespace tallystick::payment {
namespace {

int64_t OpenAmount(const PaymentStatus& status, TransactionType type) {
  int64_t sum = 0;
  for (const PaymentTransaction& transaction : status.transactions) {
    const bool open = transaction.state == TransactionState::kPending ||
                      transaction.state == TransactionState::kUnknown;
    if (transaction.type == type && open) sum += transaction.amount;
  }
  return sum;
}

bool HasFailed(const PaymentStatus& status, TransactionType type) {
  return std::any_of(status.transactions.begin(), status.transactions.end(),
                     [type](const PaymentTransaction& transaction) {
                       return transaction.type == type &&
                              transaction.state == TransactionState::kFailed;
                     });
}

// What is authorized and neither taken, nor about to be, nor given up.
int64_t FreeAuthorization(const PaymentStatus& status) {
  return status.authorized - status.captured - status.voided -
         OpenAmount(status, TransactionType::kCapture) - OpenAmount(status, TransactionType::kVoid);
}

void Begin(Change& change, TransactionType type, int64_t amount, std::string shipment_id,
           absl::Time now) {
  PaymentStatus& status = change.payment.status;
  PaymentTransaction transaction;
  transaction.number = static_cast<int32_t>(status.transactions.size()) + 1;
  transaction.type = type;
  transaction.state = TransactionState::kPending;
  transaction.amount = amount;
  transaction.reference = absl::StrCat(status.trading_id.ToString(), "-", transaction.number);
  transaction.shipment_id = std::move(shipment_id);
  transaction.create_time = transaction.update_time = now;
  change.to_submit.push_back(transaction.number);
  status.transactions.push_back(std::move(transaction));
}

// Gives back whatever exceeds what is due: the authorization that will not be needed, the money
// that was captured beyond it. Says nothing while the gateway still has to answer about either;
// what the gateway once refused to give back waits for a person, or it would be tried for ever.
void GiveBackExcess(Change& change, absl::Time now) {
  const PaymentStatus& status = change.payment.status;
  if (!HasOpen(status, TransactionType::kAuthorize) && !HasFailed(status, TransactionType::kVoid)) {
    const int64_t still_to_capture =
        std::max<int64_t>(0, Owed(status) - OpenAmount(status, TransactionType::kCapture));
    const int64_t excess = FreeAuthorization(status) - still_to_capture;
    if (excess > 0) Begin(change, TransactionType::kVoid, excess, "", now);
  }
  const int64_t overpaid = -Owed(status) - OpenAmount(status, TransactionType::kRefund);
  if (overpaid > 0 && !HasFailed(status, TransactionType::kRefund))
    Begin(change, TransactionType::kRefund, overpaid, "", now);
}

void RollUp(Change& change, absl::Time now) {
  PaymentStatus& status = change.payment.status;
  status.authorized = SumOf(status, TransactionType::kAuthorize);
  status.captured = SumOf(status, TransactionType::kCapture);
  status.refunded = SumOf(status, TransactionType::kRefund);
  status.voided = SumOf(status, TransactionType::kVoid);
  GiveBackExcess(change, now);
  status.state = RollUpState(status);
  if (status.state == PaymentState::kDeclined) status.due = 0;
  const bool settled = IsSettled(status);
  const bool paid = settled && status.captured > 0;
  if (paid && !status.schedule.completed) status.schedule = {std::nullopt, now};
  if (settled && !paid) status.schedule = {};  // nothing will be paid
  ++status.revision;
  status.update_time = now;
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

absl::Status Capture(Change& change, const CapturePayment& capture, absl::Time now) {
  const PaymentStatus& status = change.payment.status;
  if (capture.currency != status.currency) return Refuse("the capture is in another currency");
  if (capture.amount <= 0) return Refuse("the capture is not positive");
  const int64_t open = OpenAmount(status, TransactionType::kCapture);
  if (capture.amount > Owed(status) - open) return Refuse("the capture exceeds what is due");
  if (capture.amount > FreeAuthorization(status)) {
    return Refuse("the capture exceeds what is authorized");
  }
  Begin(change, TransactionType::kCapture, capture.amount, capture.shipment_id, now);
  return absl::OkStatus();
}

absl::Status Reduce(Change& change, const ReduceDue& reduce) {
  PaymentStatus& status = change.payment.status;
  if (reduce.currency != status.currency) return Refuse("the reduction is in another currency");
  if (reduce.amount < 0) return Refuse("the reduction is negative");
  // A declined payment has nothing due already: the shop may not have heard of it.
  status.due = std::max<int64_t>(0, status.due - reduce.amount);
  return absl::OkStatus();
}

}  // namespace

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
    const absl::Status status = std::visit(
        Overloaded{[](const AuthorizePayment&) { return absl::OkStatus(); },
                   [&](const CapturePayment& capture) { return Capture(change, capture, now); },
                   [&](const ReduceDue& reduce) { return Reduce(change, reduce); }},
        instruction.what);
    if (!status.ok()) return status;
  }
  change.payment.status.instructions_applied = instruction.sequence;
  RollUp(change, now);
  return change;
}

Payment SkipInstruction(const Payment& payment, int64_t sequence, absl::Time now) {
  Payment next = payment;
  next.status.instructions_applied = sequence;
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
  Change change{payment, {}};
  PaymentTransaction& transaction = change.payment.status.transactions[number - 1];
  transaction.state = outcome.state;
  transaction.failure_reason = outcome.failure_reason;
  transaction.update_time = now;
  RollUp(change, now);
  return change;
}

const PaymentTransaction* FindTransaction(const Payment& payment, int32_t number) {
  const auto& transactions = payment.status.transactions;
  if (number < 1 || number > static_cast<int32_t>(transactions.size())) return nullptr;
  return &transactions[number - 1];
}

}  // namespace tallystick::payment
