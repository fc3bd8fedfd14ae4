// The payment manager put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/postgres/migrations.h"
#include "platform/service/trade_server.h"
#include "services/payment/workflow/gateway_calls.h"

namespace tallystick::payment {

struct PaymentSettings {
  rpc::ServerSettings server{.ports = {.service = "payment"}};
  std::string shopping_internal_address = "127.0.0.1:7411";
  GatewayOptions gateway;
  // Asks the gateway for nothing: what is due stays due.
  bool hold_gateway = false;
};

// What the database is made of.
postgres::Schema Schema();

// Brings the database up to date; before Start.
absl::Status Migrate(const PaymentSettings& settings);

// Listens. `gateway` must outlive the server.
absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const PaymentSettings& settings,
                                                        Gateway& gateway);

}  // namespace tallystick::payment
