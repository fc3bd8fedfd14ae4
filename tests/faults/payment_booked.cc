// tally-payment-booked: tally-payment with the gateway of the fault harness.
#include "platform/rpc/run_server.h"
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
        add.Add("gateway-pace-ms", settings.gateway_pace_ms, "How long each step takes");
        add.Add("gateway-book", book, "The SQLite file of the book")->required();
      },
      [&] { return tallystick::payment::PaymentServer::Migrate(settings); },
      [&] {
        gateway = std::make_unique<tallystick::faults::GatewayBook>(book);
        return tallystick::payment::PaymentServer::Start(settings, *gateway);
      });
}
