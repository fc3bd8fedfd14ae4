// A buyer in another language: node with nothing but proto/. Its packages are put into the build's
// folder by ./dev test.
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

TEST_CASE("node: an order is placed and followed on all three services from proto/ alone") {
  const std::string modules = std::string(TALLYSTICK_SOURCE_DIR) + "/build/node/node_modules";
  if (!std::filesystem::exists(modules + "/@grpc/grpc-js")) {
    std::puts("SKIPPED: node's packages are not there; ./dev test puts them there");
    return;
  }
  Stack stack;
  stack.LoadProducts();
  const std::string source = TALLYSTICK_SOURCE_DIR;
  Process node({"/usr/bin/env", "node", source + "/tests/e2e/node/follow.cjs", source + "/proto",
                stack.address(0), Keys::Get().TokenFile("nora"), Keys::Get().File("buyers/ca.crt")},
               {{"NODE_PATH", modules}}, stack.File("node.out"), stack.File("node.err"));
  const int code = node.Wait();
  INFO(ReadFile(stack.File("node.err")));
  REQUIRE(code == 0);
  const json seen = json::parse(ReadFile(stack.File("node.out")));
  REQUIRE(seen["same_again"] == true);
  REQUIRE(seen["total"] == "4342");
  REQUIRE(seen["captured"] == "4342");
  REQUIRE(seen["word_captured"] == "4342");
  REQUIRE(seen["delivered"] == "2");
  REQUIRE(seen["state_at_first"] == "PAYMENT_STATE_SCHEDULED");
  for (const char* service : {"order_revisions", "payment_revisions", "delivery_revisions"}) {
    CAPTURE(service);
    int64_t next = 1;
    for (const json& revision : seen[service]) REQUIRE(revision == next++);
    REQUIRE(next > 3);
  }
  REQUIRE(seen["error"]["code"] == 9);  // FAILED_PRECONDITION
  REQUIRE(seen["error"]["reason"] == "OUT_OF_STOCK");
  REQUIRE(seen["error"]["metadata"]["sku"] == "CHAI");
  REQUIRE(seen["error"]["metadata"]["requested"] == "99999");
  REQUIRE(stack.postgres().Ask("payment", "SELECT count(*) FROM payments") == "1");
}

}  // namespace
}  // namespace tallystick::testing
