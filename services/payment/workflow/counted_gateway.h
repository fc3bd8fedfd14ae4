// A gateway whose calls are counted, by what it answers.
#pragma once

#include <array>

#include "platform/metrics/metrics.h"
#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

class CountedGateway final : public Gateway {
 public:
  // Both must outlive this.
  CountedGateway(Gateway& gateway, metrics::Metrics& metrics);

  GatewayAnswer Submit(const GatewayRequest& request) override;
  GatewayAnswer Ask(const GatewayRequest& request) override;

 private:
  struct Meters {
    metrics::Histogram seconds;
    std::array<metrics::Counter, GatewayAnswer::kByHand + 1> verdicts;
  };
  static Meters MetersOf(metrics::Metrics& metrics, absl::string_view call);

  Gateway& gateway_;
  const Meters submit_;
  const Meters ask_;
};

}  // namespace tallystick::payment
