// Gateways that keep books of what they were asked to do.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "services/payment/workflow/gateway.h"

namespace tallystick::testing {

// Carries everything out; `loses_answers`: whoever submits never hears of it and has to ask.
class RecordingGateway : public payment::Gateway {
 public:
  explicit RecordingGateway(bool loses_answers) : loses_answers_(loses_answers) {}

  payment::GatewayAnswer Submit(const payment::GatewayRequest& request) override {
    std::lock_guard lock(mutex_);
    ++submitted_[request.reference];
    return {loses_answers_ ? payment::GatewayAnswer::kUnknown : payment::GatewayAnswer::kSucceeded,
            ""};
  }
  payment::GatewayAnswer Ask(const payment::GatewayRequest& request) override {
    std::lock_guard lock(mutex_);
    if (!submitted_.contains(request.reference)) return {payment::GatewayAnswer::kNeverHeardOf, ""};
    return {payment::GatewayAnswer::kSucceeded, ""};
  }
  // How often each reference was submitted.
  std::map<std::string, int> submitted() {
    std::lock_guard lock(mutex_);
    return submitted_;
  }

 private:
  const bool loses_answers_;
  std::mutex mutex_;
  std::map<std::string, int> submitted_;
};

}  // namespace tallystick::testing
