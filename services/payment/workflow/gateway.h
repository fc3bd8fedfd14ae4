// The payment gateway: the one that moves the money.
#pragma once

#include <string>

#include "platform/money/money.h"
#include "platform/trade/status.h"

namespace tallystick::payment {

struct GatewayRequest {
  std::string reference;  // unique for each transaction, the same when it is sent again
  TransactionType type = TransactionType::kUnspecified;
  Money amount;
  std::string payment_method;
};

struct GatewayAnswer {
  enum Verdict {
    kSucceeded,
    kFailed,
    kUnknown,
    kNeverHeardOf,
    kByHand,  // a person carries it out and records it through the back office
  };
  Verdict verdict = kUnknown;
  std::string reason;
};

// Called from several threads at once, never inside a database transaction; may block.
class Gateway {
 public:
  virtual ~Gateway() = default;
  // Carries the transaction out. UNKNOWN when no answer came. Must be idempotent by reference, as
  // payment gateways' idempotency keys are: if a lease runs out under a process that is alive but
  // slow, two of them may submit one reference, and money must move once all the same. A reference
  // that it knows with another type or amount (this server's database had lost something) it must
  // not carry out: UNKNOWN, which people see on their list.
  virtual GatewayAnswer Submit(const GatewayRequest& request) = 0;
  // What became of a transaction that was, or may have been, submitted: moves no money. UNKNOWN,
  // too, when it was one of another type or amount.
  virtual GatewayAnswer Ask(const GatewayRequest& request) = 0;
};

}  // namespace tallystick::payment
