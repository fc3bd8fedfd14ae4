// The delivery manager put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/rpc/server_settings.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

struct DeliverySettings {
  rpc::ServerSettings server;
  std::string shopping_internal_address = "127.0.0.1:7411";
  int carrier_pace_ms = 1'000;
};

class DeliveryServer {
 public:
  virtual ~DeliveryServer() = default;
  // Stops taking calls, finishes those under way and the work at hand.
  virtual void Drain() = 0;
  // Who is in at the moment.
  virtual const rpc::Gate& gate() const = 0;

  // Brings the database up to date; before Start.
  static absl::Status Migrate(const DeliverySettings& settings);

  // Listens. `carrier` must outlive the server.
  static absl::StatusOr<std::unique_ptr<DeliveryServer>> Start(const DeliverySettings& settings,
                                                               Carrier& carrier);
};

}  // namespace tallystick::delivery
