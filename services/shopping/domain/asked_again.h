// A buyer's request that a shop took which had lost something: what it told delivery of it went
// under a number that delivery had used already. It is withdrawn, what was lost is heard, and it is
// asked again behind that. Pure.
#pragma once

#include <optional>
#include <variant>

#include "services/shopping/domain/order_requests.h"

namespace tallystick::shopping {

using BuyersRequest = std::variant<CancelRequest, ReturnRequest>;

// The order without its last request, and what follows from that; its revision is one lower.
struct Withdrawn {
  Change change;
  BuyersRequest request;
};

// Nullopt when the last that delivery was told was no request, or is decided.
std::optional<Withdrawn> WithdrawLast(const Order& order, absl::Time now);

// As Cancel and ReturnGoods.
absl::StatusOr<std::optional<Change>> AskAgain(const Order& order, const BuyersRequest& request,
                                               absl::Time now);

}  // namespace tallystick::shopping
