// More at once than a shop takes: calls a second, bytes in a message, products in a call.
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

// 600 products, more than one call takes, of 10 pieces each, and the last of `last`.
void WriteProducts(const std::string& path, int last) {
  std::ofstream file(path);
  file << "sku,name,unit_price,stock\n";
  for (int i = 0; i < 600; ++i)
    file << "P" << i << ",Product,1.00," << (i < 599 ? 10 : last) << "\n";
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

TEST_CASE("busy: orders beyond what a message may hold go out in parts") {
  Stack stack({{"shopping", {"--max-message-bytes", "4096"}}});
  stack.LoadProducts();
  // Left behind by a run that did not reach the shop, and now more than one message.
  stack.StopServer("shopping");
  WriteOrders(stack.File("orders.csv"), 90);
  REQUIRE(stack.Tally({"order", "--from", stack.File("orders.csv")}).code == 4);
  REQUIRE(stack.TallyJson({"list"}).json()["unknown"] == 90);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return stack.Tally({"products"}).code == 0; }));
  const TallyResult placed = stack.TallyJson({"order", "--from", stack.File("orders.csv")});
  CAPTURE(placed.err);
  REQUIRE(placed.code == 0);
  REQUIRE(placed.json()["placed_before"] == 90);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "90");
}

TEST_CASE("busy: an order that alone is more than the shop reads is refused with what to do") {
  Stack stack({{"shopping", {"--max-message-bytes", "4096"}}});
  stack.LoadProducts();
  std::ofstream file(stack.File("orders.csv"));
  file << "reference,sku,quantity,address\n";
  for (int i = 0; i < 100; ++i) {
    file << "LARGE," << std::string(60, 'X') << i << ",1,Ann; City\n";
  }
  file << "SMALL,CHAI,1,Ann; City\n";
  file.close();
  const TallyResult result = stack.TallyJson({"order", "--from", stack.File("orders.csv")});
  CAPTURE(result.err);
  REQUIRE(result.code == 1);
  REQUIRE(result.json()["placed"] == 1);
  REQUIRE(result.json()["refused"] == 1);
  REQUIRE(result.err.find("divide it into several orders") != std::string::npos);
  REQUIRE(stack.TallyJson({"list"}).json()["unknown"] == 0);
}

TEST_CASE("busy: a stock file that broke off half way is repeated, and nothing is added twice") {
  Stack stack;
  WriteProducts(stack.File("products.csv"), -5);
  const TallyResult broken = stack.Back({"ops", "products", "--from", stack.File("products.csv")});
  CAPTURE(broken.err);
  REQUIRE(broken.code == 1);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT sum(stock) FROM products") == "5000");
  // It says how to go on.
  const std::string option = "--request-id ";
  const size_t at = broken.err.rfind(option);
  REQUIRE(at != std::string::npos);
  const std::string id = broken.err.substr(at + option.size(), 36);
  REQUIRE(broken.err.find("tally --profile 'back' ops products --from '" +
                          stack.File("products.csv") + "' --request-id") != std::string::npos);
  WriteProducts(stack.File("products.csv"), 5);
  const std::vector<std::string> again = {
      "ops", "products", "--from", stack.File("products.csv"), "--request-id", id};
  for (int i = 0; i < 2; ++i) {
    const TallyResult repeated = stack.Back(again);
    CAPTURE(repeated.err);
    REQUIRE(repeated.code == 0);
    REQUIRE(stack.postgres().Ask("shopping", "SELECT sum(stock) FROM products") == "5995");
  }
  // Another file is not the rest of the first.
  WriteProducts(stack.File("products.csv"), 6);
  const TallyResult other = stack.Back(again);
  REQUIRE(other.code == 1);
  REQUIRE(other.err.find("as it was then") != std::string::npos);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT sum(stock) FROM products") == "5995");
}

}  // namespace
}  // namespace tallystick::testing
