// The payment manager put together; what main and the tests run.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/rpc/server_settings.h"
#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

struct PaymentSettings {
  rpc::ServerSettings server;
  std::string shopping_internal_address = "127.0.0.1:7411";
  int gateway_pace_ms = 1'000;
};

class PaymentServer {
 public:
  virtual ~PaymentServer() = default;
  // Stops taking calls, finishes those under way and the work at hand.
  virtual void Drain() = 0;
  // Who is in at the moment.
  virtual const rpc::Gate& gate() const = 0;

  // Brings the database up to date; before Start.
  static absl::Status Migrate(const PaymentSettings& settings);

  // Listens. `gateway` must outlive the server.
  static absl::StatusOr<std::unique_ptr<PaymentServer>> Start(const PaymentSettings& settings,
                                                              Gateway& gateway);
};

}  // namespace tallystick::payment
