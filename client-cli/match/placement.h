// The shop's answer to an order against what was ordered: every field of it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client-cli/match/settings.h"
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

struct ServiceAddresses {
  std::string shopping;
  std::string payment;
  std::string delivery;

  friend bool operator==(const ServiceAddresses&, const ServiceAddresses&) = default;
};

// The shop's answer to an order.
struct TradingInformation {
  OrderContents contents;
  ServiceAddresses services;
  std::string contents_digest;
  std::optional<absl::Duration> return_period;  // shops before 0.2 do not say it
  std::string trading_id;                       // as it stands beside the contents
};

// Says what it is about and adds up. INTERNAL naming the field that is wrong.
absl::Status CheckInformation(const TradingInformation& information);

// The same, and confirms just what `request` asked for under `request_id`, which was written down
// at `create_time`. INTERNAL naming the field, with what was ordered and what came.
absl::Status CheckPlacement(const TradingInformation& information, const OrderRequest& request,
                            const Uuid& request_id, absl::Time create_time,
                            const MatchSettings& settings, absl::Time now);

}  // namespace tallystick
