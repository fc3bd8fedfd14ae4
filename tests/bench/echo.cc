#include "tests/bench/echo.h"

#include <unistd.h>

#include <cstdio>
#include <utility>

#include "platform/calls/method.h"
#include "platform/service/allocator.h"
#include "platform/service/server.h"
#include "platform/service/server_settings.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::bench {

int RunEcho(const std::string& public_address, const std::string& internal_address,
            const std::string& keys, const std::string& database) {
  GiveMemoryBackSoon();
  rpc::ServerSettings settings;
  settings.database.url = database;
  settings.keys = keys;
  settings.ports.service = "shopping";
  settings.ports.public_address = public_address;
  settings.ports.internal_address = internal_address;
  settings.caller_limits.max_calls_per_second = 1e7;
  settings.caller_limits.max_live_calls_per_caller = 20'000;
  const absl::Status taken = settings.TakeKeys();
  auto gate = settings.OpenGate();
  if (!taken.ok() || !gate.ok()) {
    std::fprintf(stderr, "echo: %s\n", (taken.ok() ? gate.status() : taken).ToString().c_str());
    return 1;
  }
  rpc::ServiceTable table("tallystick.v1.ShoppingService");
  table.AddImmediate<v1::GetOrderStatusRequest, v1::GetOrderStatusResponse>(
      "GetOrderStatus", rpc::ForCallers(),
      [](rpc::Call&, const v1::GetOrderStatusRequest& request,
         v1::GetOrderStatusResponse& response) {
        response.mutable_status()->set_trading_id(request.trading_id());
        return absl::OkStatus();
      });
  std::vector<rpc::ServiceTable> tables;
  tables.push_back(std::move(table));
  metrics::Metrics none(false);
  auto server =
      rpc::Server::Start(settings.ports, **gate, settings.database, std::move(tables), {}, none);
  if (!server.ok()) {
    std::fprintf(stderr, "echo: %s\n", server.status().ToString().c_str());
    return 1;
  }
  while (true) pause();
}

}  // namespace tallystick::bench
