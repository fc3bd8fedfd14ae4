// The delivery manager put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/postgres/migrations.h"
#include "platform/service/trade_server.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

struct DeliverySettings {
  rpc::ServerSettings server{.ports = {.service = "delivery"}};
  std::string shopping_internal_address = "127.0.0.1:7411";
  absl::Duration carrier_pace = absl::Seconds(1);
};

// What the database is made of.
postgres::Schema Schema();

// Brings the database up to date; before Start.
absl::Status Migrate(const DeliverySettings& settings);

// Listens. `carrier` must outlive the server.
absl::StatusOr<std::unique_ptr<rpc::TradeServer>> Start(const DeliverySettings& settings,
                                                        Carrier& carrier);

}  // namespace tallystick::delivery
