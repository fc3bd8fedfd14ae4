#include "services/payment/workflow/counted_gateway.h"

namespace tallystick::payment {
namespace {

// By GatewayAnswer::Verdict.
constexpr const char* kVerdicts[] = {"succeeded", "failed", "unknown", "never_heard_of", "by_hand"};

}  // namespace

CountedGateway::CountedGateway(Gateway& gateway, metrics::Metrics& metrics)
    : gateway_(gateway), submit_(MetersOf(metrics, "submit")), ask_(MetersOf(metrics, "ask")) {}

CountedGateway::Meters CountedGateway::MetersOf(metrics::Metrics& metrics, absl::string_view call) {
  Meters meters{metrics.MakeHistogram(metrics::kGatewaySeconds, {call}), {}};
  for (size_t i = 0; i < meters.verdicts.size(); ++i) {
    meters.verdicts[i] = metrics.MakeCounter(metrics::kGatewayCalls, {call, kVerdicts[i]});
  }
  return meters;
}

GatewayAnswer CountedGateway::Submit(const GatewayRequest& request) {
  const metrics::Timer timer(submit_.seconds);
  GatewayAnswer answer = gateway_.Submit(request);
  submit_.verdicts[answer.verdict].Add();
  return answer;
}

GatewayAnswer CountedGateway::Ask(const GatewayRequest& request) {
  const metrics::Timer timer(ask_.seconds);
  GatewayAnswer answer = gateway_.Ask(request);
  ask_.verdicts[answer.verdict].Add();
  return answer;
}

}  // namespace tallystick::payment
