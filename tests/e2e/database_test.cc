// Servers whose database is not there, hangs, or comes back; and servers that are told to end.
#include <csignal>

#include "platform/transport/health_check.h"
#include "platform/transport/tls.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

absl::Status Health(const Stack& stack) {
  return rpc::CheckHealth(stack.shopping_address(), rpc::TrustAnybody(), absl::Seconds(5));
}

bool IsNotServing(const Stack& stack) { return Health(stack).message() == "NOT_SERVING"; }

TEST_CASE("database: a server waits for one that is not there yet, and says so") {
  Stack stack;
  stack.LoadProducts();
  stack.server("shopping").Kill();
  stack.postgres().Stop();
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return IsNotServing(stack); }));
  // It can be told to end while it waits.
  stack.server("shopping").Signal(SIGTERM);
  REQUIRE(stack.server("shopping").Wait() == 0);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return IsNotServing(stack); }));
  stack.postgres().Start();
  REQUIRE(WaitUntil([&] { return Health(stack).ok(); }));
  REQUIRE(stack.TrackUntilState(stack.Order({"CHAI:1"}), "COMPLETED"));
}

TEST_CASE("database: one that hangs is said to, holds nobody up, and is used when it is back") {
  Stack stack({{"shopping", {"--drain-timeout-ms", "500", "--database-timeout-ms", "1000"}}});
  stack.LoadProducts();
  stack.postgres().Freeze();
  REQUIRE(WaitUntil([&] { return IsNotServing(stack); }));
  REQUIRE(stack.Tally({"--timeout-ms", "1000", "order", "CHAI:1", "--to", "Ann; Street 1"}).code !=
          0);
  stack.postgres().Thaw();
  REQUIRE(WaitUntil([&] { return Health(stack).ok(); }));
  REQUIRE(stack.Tally({"sync"}).code == 0);
  REQUIRE(stack.TrackUntilState(stack.Order({"CHAI:1"}), "COMPLETED"));
  // SIGTERM ends it, also while the database hangs.
  stack.postgres().Freeze();
  REQUIRE(WaitUntil([&] { return IsNotServing(stack); }));
  stack.server("shopping").Signal(SIGTERM);
  const int code = stack.server("shopping").Wait();
  REQUIRE((code == 0 || code == 1));
  stack.postgres().Thaw();
}

TEST_CASE("database: a server waits while another is at the migrations, and can be told to end") {
  Stack stack;
  stack.LoadProducts();
  stack.server("shopping").Kill();
  pqxx::connection connection(stack.postgres().Url("shopping"));
  pqxx::work other(connection);
  other.exec("SELECT pg_advisory_xact_lock(7411)");
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return IsNotServing(stack); }));
  stack.server("shopping").Signal(SIGTERM);
  REQUIRE(stack.server("shopping").Wait() == 1);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return IsNotServing(stack); }));
  other.commit();
  REQUIRE(WaitUntil([&] { return Health(stack).ok(); }));
  REQUIRE(stack.TrackUntilState(stack.Order({"CHAI:1"}), "COMPLETED"));
}

}  // namespace
}  // namespace tallystick::testing
