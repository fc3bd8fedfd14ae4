// tally-payment: the composition root.
#include "platform/service/run_server.h"
#include "services/payment/service/payment_server.h"
#include "services/payment/workflow/manual_gateway.h"
#include "services/payment/workflow/sandbox_gateway.h"

int main(int argc, char** argv) {
  tallystick::payment::PaymentSettings settings;
  settings.server.ports.public_address = "127.0.0.1:7402";
  settings.server.ports.internal_address = "127.0.0.1:7412";
  std::string gateway_name = "sandbox";
  tallystick::payment::SandboxGateway sandbox;
  tallystick::payment::ManualGateway manual;
  return tallystick::rpc::RunServer(
      argc, argv, "tally-payment", "The payment manager of Tallystick: what was paid.",
      settings.server,
      [&](tallystick::Settings& add) {
        add.Add("shopping-internal-address", settings.shopping_internal_address,
                "Where the shop takes reports, host:port", tallystick::rpc::kAddresses);
        add.Add("gateway", gateway_name, "sandbox acts by itself; manual waits for tally ops",
                tallystick::OneOf({"sandbox", "manual"}));
        add.Add("gateway-pace-ms", settings.gateway.pace,
                "How long the sandbox gateway takes for each step", absl::ZeroDuration(),
                absl::Hours(24));
        add.Add("max-gateway-calls", settings.gateway.max_calls,
                "Calls to the gateway at once, if it takes its time", size_t{1}, size_t{1000});
        add.AddFlag("hold-gateway", settings.hold_gateway, "Ask the gateway for nothing");
      },
      tallystick::payment::Schema(),
      [&] {
        if (gateway_name == "manual") return Start(settings, manual);
        return Start(settings, sandbox);
      },
      {tallystick::rpc::TrustDatabaseChore(settings.server)});
}
