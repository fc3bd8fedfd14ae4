// A gateway that is people: each transaction waits until somebody records it through the back
// office.
#pragma once

#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

class ManualGateway : public Gateway {
 public:
  GatewayAnswer Submit(const GatewayRequest&) override { return {GatewayAnswer::kByHand, ""}; }
  GatewayAnswer Ask(const GatewayRequest&) override { return {GatewayAnswer::kByHand, ""}; }
};

}  // namespace tallystick::payment
