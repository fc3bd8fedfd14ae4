// tally-payment-slow: tally-payment with a gateway that takes its time for each call.
#include "absl/time/clock.h"
#include "platform/service/run_server.h"
#include "services/payment/service/payment_server.h"
#include "services/payment/workflow/sandbox_gateway.h"

namespace {

using namespace tallystick;

// Thread-safe.
class SlowGateway : public payment::Gateway {
 public:
  payment::GatewayAnswer Submit(const payment::GatewayRequest& request) override {
    absl::SleepFor(time);
    return sandbox_.Submit(request);
  }
  payment::GatewayAnswer Ask(const payment::GatewayRequest& request) override {
    absl::SleepFor(time);
    return sandbox_.Ask(request);
  }

  absl::Duration time = absl::Milliseconds(300);

 private:
  payment::SandboxGateway sandbox_;
};

}  // namespace

int main(int argc, char** argv) {
  payment::PaymentSettings settings;
  settings.gateway.pace = absl::ZeroDuration();
  SlowGateway gateway;
  return rpc::RunServer(
      argc, argv, "tally-payment-slow", "tally-payment with a slow gateway.", settings.server,
      [&](Settings& add) {
        add.Add("shopping-internal-address", settings.shopping_internal_address,
                "Where the shop takes reports, host:port");
        add.Add("gateway-call-ms", gateway.time, "How long each call takes", absl::ZeroDuration(),
                absl::Minutes(1));
      },
      payment::Schema(), [&] { return payment::Start(settings, gateway); });
}
