#include "services/payment/workflow/gateway_rules.h"

#include "absl/strings/str_cat.h"

namespace tallystick::payment {
namespace {

// Nothing is to be done about it any more: it ended well, or what failed is no longer called for.
bool IsOver(const Payment& payment, const WorkItem& item, absl::Time now) {
  if (item.queue != kGatewayQueue.number) return false;
  const auto number = static_cast<int32_t>(item.number);
  const auto* transaction = FindTransaction(payment, number);
  if (transaction == nullptr || transaction->state == TransactionState::kPending ||
      transaction->state == TransactionState::kUnknown) {
    return false;
  }
  const auto retry = Retry(payment, number, now);
  return !retry.ok() || !retry->has_value();
}

std::string Describe(const Payment& payment, const WorkItem& item) {
  if (item.queue != kGatewayQueue.number) return "";
  const auto* found = FindTransaction(payment, static_cast<int32_t>(item.number));
  if (found == nullptr) return "";
  return absl::StrCat(
      ToString(found->type), " ", FormatMoney({payment.status.currency, found->amount}), ", ",
      ToString(found->state), found->failure_reason.empty() ? "" : ": ", found->failure_reason);
}

}  // namespace

bool WaitsForPerson(const Payment& payment, const WorkItem& item) {
  const auto* transaction = FindTransaction(payment, static_cast<int32_t>(item.number));
  return transaction != nullptr && NeedsPerson(payment.status, *transaction);
}

std::optional<std::string> DescribeWaiting(const Payment* payment, const WorkItem& item,
                                           absl::Time now) {
  if (payment == nullptr) return "";
  if (IsOver(*payment, item, now)) return std::nullopt;
  return Describe(*payment, item);
}

}  // namespace tallystick::payment
