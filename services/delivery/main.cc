// tally-delivery: the composition root.
#include "platform/service/run_server.h"
#include "services/delivery/service/delivery_server.h"
#include "services/delivery/workflow/manual_carrier.h"
#include "services/delivery/workflow/sandbox_carrier.h"

int main(int argc, char** argv) {
  tallystick::delivery::DeliverySettings settings;
  settings.server.ports.public_address = "127.0.0.1:7403";
  settings.server.ports.internal_address = "127.0.0.1:7413";
  std::string carrier_name = "sandbox";
  tallystick::delivery::SandboxCarrier sandbox;
  tallystick::delivery::ManualCarrier manual;
  return tallystick::rpc::RunServer(
      argc, argv, "tally-delivery", "The delivery manager of Tallystick: what was delivered.",
      settings.server,
      [&](tallystick::Settings& add) {
        add.Add("shopping-internal-address", settings.shopping_internal_address,
                "Where the shop takes reports, host:port", tallystick::rpc::kAddresses);
        add.Add("carrier", carrier_name, "sandbox acts by itself; manual waits for tally ops",
                tallystick::OneOf({"sandbox", "manual"}));
        add.Add("carrier-pace-ms", settings.carrier_pace,
                "How long the sandbox carrier takes for each step", absl::ZeroDuration(),
                absl::Hours(24));
      },
      tallystick::delivery::Schema(),
      [&] {
        if (carrier_name == "manual") return Start(settings, manual);
        return Start(settings, sandbox);
      },
      {tallystick::rpc::TrustDatabaseChore(settings.server)});
}
