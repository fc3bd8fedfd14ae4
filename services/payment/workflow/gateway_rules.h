// How a transaction and what the gateway says of it belong together. Pure.
#pragma once

#include <optional>
#include <string>

#include "services/payment/domain/payment.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

// What the gateway is to be asked about transaction `number`; nullopt when it has ended, or there
// is none.
inline std::optional<GatewayRequest> RequestFor(const Payment& payment, int32_t number) {
  const PaymentTransaction* found = FindTransaction(payment, number);
  if (found == nullptr || found->state == TransactionState::kSucceeded ||
      found->state == TransactionState::kFailed) {
    return std::nullopt;
  }
  return GatewayRequest{found->reference,
                        found->type,
                        {payment.status.currency, found->amount},
                        payment.payment_method};
}

// What may have been submitted before is asked about first, and submitted only when the gateway
// never heard of it. With the gateway's own idempotency by reference, money moves at most once.
inline GatewayAnswer AskGateway(Gateway& gateway, const GatewayRequest& request,
                                bool perhaps_submitted) {
  if (perhaps_submitted) {
    GatewayAnswer answer = gateway.Ask(request);
    if (answer.verdict != GatewayAnswer::kNeverHeardOf) return answer;
  }
  return gateway.Submit(request);
}

inline Outcome ToOutcome(const GatewayAnswer& answer) {
  switch (answer.verdict) {
    case GatewayAnswer::kSucceeded: return {TransactionState::kSucceeded, ""};
    case GatewayAnswer::kFailed: return {TransactionState::kFailed, answer.reason};
    default: return {TransactionState::kUnknown, ""};
  }
}

// A failed transaction that is still called for.
bool WaitsForPerson(const Payment& payment, const WorkItem& item);

// A waiting item in words, with its payment or null; nullopt for what needs nobody any more.
std::optional<std::string> DescribeWaiting(const Payment* payment, const WorkItem& item,
                                           absl::Time now);

}  // namespace tallystick::payment
