// The shop put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/postgres/migrations.h"
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
  // How long a message that does not fit may be on its way, before the trade is compared with
  // payment and delivery; and how often, at most, all are when one had lost something.
  absl::Duration reconcile_patience = absl::Seconds(5);
  absl::Duration compare_interval = absl::Minutes(10);
  // How often the shop looks whether one of the three has another database than before.
  absl::Duration database_look_interval = absl::Seconds(5);
};

// What the database is made of.
postgres::Schema Schema();

// Brings the database up to date; before Start.
absl::Status Migrate(const ShoppingSettings& settings);

// Listens.
absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const ShoppingSettings& settings);

}  // namespace tallystick::shopping
