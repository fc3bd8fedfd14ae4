// tally-payment-booked: tally-payment with the gateway of the fault harness.
#include "platform/service/run_server.h"
#include "services/payment/service/payment_server.h"
#include "tests/faults/gateway_book.h"

int main(int argc, char** argv) {
  tallystick::payment::PaymentSettings settings;
  std::string book;
  std::unique_ptr<tallystick::faults::GatewayBook> gateway;
  return tallystick::rpc::RunServer(
      argc, argv, "tally-payment-booked", "tally-payment with a gateway that keeps a book.",
      settings.server,
      [&](tallystick::Settings& add) {
        add.Add("shopping-internal-address", settings.shopping_internal_address,
                "Where the shop takes reports, host:port");
        add.Add("gateway-pace-ms", settings.gateway.pace, "How long each step takes",
                absl::ZeroDuration(), absl::Hours(24));
        add.Add("gateway-book", book, "The SQLite file of the book");
        add.Require("gateway-book");
      },
      tallystick::payment::Schema(),
      [&] {
        gateway = std::make_unique<tallystick::faults::GatewayBook>(book);
        return tallystick::payment::Start(settings, *gateway);
      });
}
