// All changes of a service, as the back office reads them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "client-cli/remote/shop.h"

namespace tallystick {

struct TradeChange {
  std::string trading_id;
  int64_t revision = 0;
  absl::Time time;
  std::string buyer;
  // None, if the service cannot read what it has stored.
  std::variant<std::monostate, OrderStatus, PaymentStatus, DeliveryStatus> status;
};

// From the oldest change that is kept, unless one of them is set.
struct ChangeStart {
  std::string cursor;
  std::optional<absl::Time> time;
};

struct ChangeMessage {
  std::vector<TradeChange> changes;
  std::string cursor;  // where it goes on
  bool at_end = false;
};

// Gives the service's changes to `take`, message by message and across as many streams as it needs,
// while that says true; then OK. Otherwise why it goes on no more: also, without `patient`, that
// the service does not answer.
absl::Status FollowChanges(Shop& shop, const std::string& address, ChangeStart start, bool patient,
                           const std::function<bool(const ChangeMessage&)>& take);

}  // namespace tallystick
