// More at once than a shop takes: calls a second, bytes in a message.
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// An order file of `count` orders of one CHAI each.
void WriteOrders(const std::string& path, int count) {
  std::ofstream file(path);
  file << "reference,sku,quantity,address\n";
  for (int i = 0; i < count; ++i) file << "PO-" << i << ",CHAI,1,Ann; Street " << i << "\n";
}

TEST_CASE("busy: a buyer who asks more than is allowed waits as told, and misses nothing") {
  const std::vector<std::string> slow = {"--max-calls-per-second-per-caller", "50"};
  Stack stack({{"shopping", slow}, {"payment", slow}, {"delivery", slow}});
  stack.LoadProducts();
  REQUIRE(stack.Back({"ops", "stock", "CHAI:+100"}).code == 0);
  WriteOrders(stack.File("orders.csv"), 150);
  const TallyResult placed =
      stack.TallyJson({"order", "--from", stack.File("orders.csv"), "--batch", "50"});
  CAPTURE(placed.out, placed.err);
  REQUIRE(placed.code == 0);
  REQUIRE(placed.json()["placed"] == 150);
  const TallyResult synced = stack.TallyJson({"sync", "--all"});
  CAPTURE(synced.out, synced.err);
  REQUIRE(synced.json()["asked"] == 150);
  REQUIRE(synced.json()["partial"] == 0);
  REQUIRE(synced.code == 0);
}

}  // namespace
}  // namespace tallystick::testing
