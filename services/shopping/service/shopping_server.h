// The shop put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/rpc/server_settings.h"

namespace tallystick::shopping {

struct ShoppingSettings {
  rpc::ServerSettings server;
  // Where the shop sends instructions.
  std::string payment_internal_address = "127.0.0.1:7412";
  std::string delivery_internal_address = "127.0.0.1:7413";
  // What trading information tells buyers.
  std::string advertised_shopping_address = "127.0.0.1:7401";
  std::string advertised_payment_address = "127.0.0.1:7402";
  std::string advertised_delivery_address = "127.0.0.1:7403";
  // What the shop grants with each order.
  int64_t return_period_ms = int64_t{14} * 24 * 3'600'000;
  int64_t net_30_period_ms = int64_t{30} * 24 * 3'600'000;
  // How long the answer to a request that was refused is remembered.
  int refusal_retention_hours = 24 * 7;
};

class ShoppingServer {
 public:
  virtual ~ShoppingServer() = default;
  // Stops taking calls, finishes those under way and the work at hand.
  virtual void Drain() = 0;
  // Who is in at the moment.
  virtual const rpc::Gate& gate() const = 0;

  // Brings the database up to date; before Start.
  static absl::Status Migrate(const ShoppingSettings& settings);

  // Listens.
  static absl::StatusOr<std::unique_ptr<ShoppingServer>> Start(const ShoppingSettings& settings);
};

}  // namespace tallystick::shopping
