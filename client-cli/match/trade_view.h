// What the match looks at: the ledger's half of the tally and the latest answers of the services.
// Pure values.
#pragma once

#include <optional>
#include <string>

#include "platform/trade/status.h"

namespace tallystick {

// What came back when a service was asked about a trade.
template <typename Status>
struct Answer {
  enum Kind { kNotAsked, kUnreachable, kNotFound, kStatus };
  Kind kind = kNotAsked;
  Status status;             // for kStatus
  absl::Time ask_time;       // when the question was sent
  std::string error;         // for kUnreachable: why
  bool not_allowed = false;  // for kUnreachable: because of who asks

  const Status* get() const { return kind == kStatus ? &status : nullptr; }
};

struct TradeView {
  // From the ledger.
  OrderContents contents;
  std::string contents_digest;
  absl::Time place_time;
  // From the services.
  Answer<OrderStatus> order;
  Answer<PaymentStatus> payment;
  Answer<DeliveryStatus> delivery;
  Answer<TradingStatus> shops_word;
};

}  // namespace tallystick
