// A gateway that moves no money. What it answers follows from the payment method alone:
//   pm_sandbox_ok                  everything succeeds
//   pm_sandbox_declined            the authorization is declined
//   pm_sandbox_insufficient_funds  declined for that reason
//   pm_sandbox_timeout             no answer at first; asked again, it says that it succeeded
//   pm_sandbox_capture_fails       authorized, but every capture fails
// Other methods are declined. It keeps no books, so any replica may be asked.
#pragma once

#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

class SandboxGateway : public Gateway {
 public:
  GatewayAnswer Submit(const GatewayRequest& request) override;
  GatewayAnswer Ask(const GatewayRequest& request) override;
};

}  // namespace tallystick::payment
