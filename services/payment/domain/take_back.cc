#include "services/payment/domain/take_back.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "platform/money/money.h"
#include "services/payment/domain/payment_change.h"

namespace tallystick::payment {
namespace {

std::string Words(const PaymentStatus& status, const PaymentTransaction& transaction) {
  return absl::StrCat(ToString(transaction.type), " of ",
                      FormatMoney({status.currency, transaction.amount}), ", ",
                      ToString(transaction.state));
}

bool IsSame(const PaymentTransaction& a, const PaymentTransaction& b) {
  return a.type == b.type && a.amount == b.amount && a.reference == b.reference &&
         a.shipment_id == b.shipment_id;
}

absl::Status Contradiction(const Payment& mine, const PaymentTransaction& here,
                           const PaymentTransaction& there) {
  return absl::FailedPreconditionError(
      absl::StrCat("transaction ", here.number, " is a ", Words(mine.status, here),
                   " here, and the shop remembers a ", Words(mine.status, there)));
}

// Both know it; what has ended has ended.
bool Merge(const PaymentTransaction& known, PaymentTransaction& merged) {
  const bool contradictory = HasEnded(known) && HasEnded(merged) && known.state != merged.state;
  if (!IsSame(known, merged) || contradictory) return false;
  const int32_t retry_of = std::max(known.retry_of, merged.retry_of);
  if (HasEnded(known)) merged = known;
  merged.retry_of = retry_of;
  return true;
}

// `more` knows all transactions of `less`, whose ends are taken over. `here`: it is ours.
absl::Status TakeEnds(const Payment& mine, const Payment& less, bool here, Payment& more) {
  auto& transactions = more.status.transactions;
  for (const PaymentTransaction& known : less.status.transactions) {
    if (known.number < 1 || known.number > static_cast<int32_t>(transactions.size())) {
      return absl::FailedPreconditionError(
          absl::StrCat("transaction ", known.number, ", a ", Words(less.status, known),
                       ", and later instructions are known to one of payment and the shop each"));
    }
    PaymentTransaction& other = transactions[static_cast<size_t>(known.number) - 1];
    if (Merge(known, other)) continue;
    return here ? Contradiction(mine, other, known) : Contradiction(mine, known, other);
  }
  return absl::OkStatus();
}

// Who has heard more of the shop; of the same, who has begun more at the gateway.
bool KnowsMore(const Payment& a, const Payment& b) {
  if (a.status.instructions_applied != b.status.instructions_applied) {
    return a.status.instructions_applied > b.status.instructions_applied;
  }
  return a.status.transactions.size() > b.status.transactions.size();
}

// What the gateway has to be asked, or a person.
bool IsWork(const PaymentStatus& status, const PaymentTransaction& transaction) {
  return IsOpen(transaction) || NeedsPerson(status, transaction);
}

}  // namespace

absl::StatusOr<Change> TakeBack(const Payment* mine, const Payment& remembered, absl::Time now) {
  Change change{remembered};
  Payment& payment = change.payment;
  if (mine != nullptr) {
    if (mine->status.contents_digest != remembered.status.contents_digest) {
      return absl::FailedPreconditionError("the shop remembers another order under this id");
    }
    // What was refused may have been so for what the shop remembers; it tells that once more.
    Payment ours = *mine;
    WithdrawRefusals(ours.refused, remembered.status.instructions_applied,
                     ours.status.instructions_applied);
    const bool here = KnowsMore(ours, remembered);
    if (here) payment = ours;
    const absl::Status merged = TakeEnds(ours, here ? remembered : ours, here, payment);
    if (!merged.ok()) return merged;
    if (payment.payment_method.empty()) payment.payment_method = mine->payment_method;
    if (payment.shop_keepsake.empty()) payment.shop_keepsake = remembered.shop_keepsake;
    payment.status.revision = std::max(mine->status.revision, remembered.status.revision);
  }
  for (const PaymentTransaction& transaction : payment.status.transactions) {
    if (IsWork(payment.status, transaction)) change.to_submit.push_back(transaction.number);
  }
  RollUp(change, now);
  change.to_schedule = payment.status.planned_captures;
  payment.taken_back = {MarkOf(remembered.status), payment.status.revision};
  return change;
}

}  // namespace tallystick::payment
