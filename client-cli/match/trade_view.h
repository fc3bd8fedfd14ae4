// What the match looks at: the ledger's half of the tally and the latest answers of the services.
// Pure values.
#pragma once

#include <map>
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
  std::string reason;        // for kUnreachable: the machine-readable one, if there is
  bool not_allowed = false;  // for kUnreachable: because of who asks

  const Status* get() const { return kind == kStatus ? &status : nullptr; }
};

// The answer that the ledger holds from the last time.
template <typename Status>
struct Seen {
  Status status;
  absl::Time observe_time;
};

// Another open trade with the same contents, ordered shortly before.
struct Twin {
  Uuid trading_id;
  absl::Time order_time;
};

struct TradeView {
  // From the ledger.
  OrderContents contents;
  std::string contents_digest;
  absl::Time place_time;
  std::optional<Seen<OrderStatus>> seen_order;
  std::optional<Seen<PaymentStatus>> seen_payment;
  std::optional<Seen<DeliveryStatus>> seen_delivery;
  std::optional<Twin> twin;
  std::map<std::string, Uuid> foreign_references;  // of this payment, seen on that other trade
  // From the services.
  Answer<OrderStatus> order;
  Answer<PaymentStatus> payment;
  Answer<DeliveryStatus> delivery;
  Answer<TradingStatus> shops_word;
};

}  // namespace tallystick
