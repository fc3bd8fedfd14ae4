#include "services/payment/workflow/sandbox_gateway.h"

namespace tallystick::payment {

GatewayAnswer SandboxGateway::Submit(const GatewayRequest& request) {
  if (request.payment_method == "pm_sandbox_timeout") return {GatewayAnswer::kUnknown, ""};
  return Ask(request);
}

GatewayAnswer SandboxGateway::Ask(const GatewayRequest& request) {
  const std::string& method = request.payment_method;
  if (request.type == TransactionType::kAuthorize) {
    if (method == "pm_sandbox_declined") return {GatewayAnswer::kFailed, "declined"};
    if (method == "pm_sandbox_insufficient_funds") {
      return {GatewayAnswer::kFailed, "insufficient funds"};
    }
    if (method != "pm_sandbox_ok" && method != "pm_sandbox_timeout" &&
        method != "pm_sandbox_capture_fails") {
      return {GatewayAnswer::kFailed, "unknown payment method"};
    }
  }
  if (request.type == TransactionType::kCapture && method == "pm_sandbox_capture_fails") {
    return {GatewayAnswer::kFailed, "the bank refused the capture"};
  }
  return {GatewayAnswer::kSucceeded, ""};
}

}  // namespace tallystick::payment
