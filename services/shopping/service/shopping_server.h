// The shop put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/service/trade_server.h"
#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

struct ShoppingSettings {
  rpc::ServerSettings server{.ports = {.service = "shopping"}};
  // Where the shop sends instructions.
  std::string payment_internal_address = "127.0.0.1:7412";
  std::string delivery_internal_address = "127.0.0.1:7413";
  // What trading information tells buyers.
  std::string advertised_shopping_address = "127.0.0.1:7401";
  std::string advertised_payment_address = "127.0.0.1:7402";
  std::string advertised_delivery_address = "127.0.0.1:7403";
  // What the shop grants with each order.
  OrderPolicy policy;
  // How long the answer to a request that was refused is remembered; zero: for ever.
  absl::Duration refusal_retention = absl::Hours(24 * 7);
};

// Brings the database up to date; before Start.
absl::Status Migrate(const ShoppingSettings& settings);

// Listens.
absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const ShoppingSettings& settings);

}  // namespace tallystick::shopping
