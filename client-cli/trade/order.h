// What is ordered, and the shop's answer to it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client-cli/trade/sides.h"
#include "platform/trade/contents.h"
#include "platform/trade/status.h"

namespace tallystick {

// What is sent to a shop; kept, so that it can be sent again under the same request id.
struct OrderRequest {
  std::vector<GoodsQuantity> items;
  Address ship_to;
  std::string delivery_option;
  Terms terms = Terms::kUnspecified;
  std::string payment_method;
  std::optional<Money> expected_total;
  std::string reference;

  friend bool operator==(const OrderRequest&, const OrderRequest&) = default;
};

// Whether they order the same. (The total that was expected may be another one by now.)
bool IsSameOrder(OrderRequest one, const OrderRequest& other);

// Where each service answers.
using ServiceAddresses = PerSide<std::string>;

// The shop's answer to an order.
struct TradingInformation {
  OrderContents contents;
  ServiceAddresses services;
  std::string contents_digest;
  std::optional<absl::Duration> return_period;  // shops before 0.2 do not say it
  std::string trading_id;                       // as it stands beside the contents
};

// "2 CHAI, 1 CHANG".
std::string GoodsText(const std::vector<GoodsQuantity>& goods);

}  // namespace tallystick
