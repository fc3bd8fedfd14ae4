// Programs that buy for somebody, through tally mcp: the protocol's own SDK in node, and what no
// well-behaved client sends.
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// Runs tally mcp with `input` on its standard input, and gives the answers.
struct Session {
  int code = -1;
  std::vector<json> answers;
  std::string err;
};

Session RunMcp(Stack& stack, const std::string& input, const std::string& options = "") {
  std::ofstream(stack.File("mcp.in")) << input;
  std::filesystem::remove(stack.File("mcp.out"));
  std::filesystem::remove(stack.File("mcp.err"));
  const std::string tally = std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally";
  Process process({"/bin/sh", "-c", "exec " + tally + " " + options + " < " + stack.File("mcp.in")},
                  {{"TALLY_LEDGER", stack.File("ledger.db")}}, stack.File("mcp.out"),
                  stack.File("mcp.err"));
  Session session;
  session.code = process.Wait();
  session.err = ReadFile(stack.File("mcp.err"));
  std::ifstream out(stack.File("mcp.out"));
  for (std::string line; std::getline(out, line);) session.answers.push_back(json::parse(line));
  return session;
}

std::string CallLine(const std::string& tool, const json& arguments, int id = 1) {
  return json{{"jsonrpc", "2.0"},
              {"id", id},
              {"method", "tools/call"},
              {"params", {{"name", tool}, {"arguments", arguments}}}}
             .dump() +
         "\n";
}

// The result of one call.
json CallTool(Stack& stack, const std::string& tool, const json& arguments,
              const std::string& options) {
  const Session session = RunMcp(stack, CallLine(tool, arguments), options);
  INFO(session.err);
  REQUIRE(session.code == 0);
  REQUIRE(session.answers.size() == 1);
  return session.answers[0]["result"];
}

std::string WordsOf(const json& result) { return result["content"].back()["text"]; }

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

json OrderOf(const std::string& reference) {
  return {{"items", {{{"sku", "CHAI"}, {"quantity", 1}}}},
          {"ship_to", {"Ann Example", "Street 1"}},
          {"reference", reference}};
}

constexpr char kMayOrder[] =
    "--profile demo mcp --allow-orders --max-trade '50.00 USD' --max-day '90.00 USD'";

void RequireLookedRound(const json& seen) {
  REQUIRE(seen["version"]["name"] == "tally");
  REQUIRE(seen["read_only_tools"] ==
          json::array({"products", "quote", "track", "list", "warnings"}));
  REQUIRE(seen["products"]["products"].size() == 1);
  REQUIRE(seen["products"]["products"][0]["unit_price"]["minor_units"] == 1800);
  REQUIRE(seen["quote"]["total"] == json{{"currency_code", "USD"}, {"minor_units", 4342}});
  REQUIRE(seen["quote"]["objections"].empty());
  REQUIRE(seen["refused_read_only"]["failed"] == true);
  REQUIRE(Has(seen["refused_read_only"]["words"], "tally mcp --allow-orders --max-trade"));
  REQUIRE(seen["no_sku"]["failed"] == true);
  REQUIRE(Has(seen["no_sku"]["words"], "the shop has no product NONE"));
  REQUIRE(seen["no_trade"]["failed"] == true);
}

void RequireOrdered(const json& seen) {
  REQUIRE(seen["tools"].size() == 8);
  REQUIRE(seen["tools"]["order"]["readOnlyHint"] == false);
  REQUIRE(seen["tools"]["track"]["readOnlyHint"] == true);
  REQUIRE(seen["ordered"]["failed"] == false);
  REQUIRE(seen["ordered"]["structured"]["placed"] == 1);
  // The same once more is the same order; another one under its reference is none.
  REQUIRE(seen["again"]["structured"]["placed_before"] == 1);
  REQUIRE(seen["again"]["structured"]["trades"] == seen["ordered"]["structured"]["trades"]);
  REQUIRE(seen["another"]["failed"] == true);
  REQUIRE(Has(seen["another"]["words"], "was used for another order"));
  REQUIRE(Has(seen["other_price"]["words"], "and not 43.42 USD. Nothing was ordered"));
  REQUIRE(seen["beyond_trade"]["failed"] == true);
  REQUIRE(Has(seen["beyond_trade"]["words"], "a trade may cost at most 50.00 USD"));
  REQUIRE(seen["at_once"][0]["structured"]["placed"] == 1);
  REQUIRE(seen["at_once"][1]["failed"] == true);
  REQUIRE(Has(seen["at_once"][1]["words"],
              "86.84 USD were ordered in the last 24 hours, in which at most 90.00 USD may be"));
  REQUIRE(Has(seen["objections"][0], "at most 90.00 USD"));
}

void RequireFollowed(const json& seen) {
  REQUIRE(seen["completed"]["payment"]["captured"]["minor_units"] == 4342);
  REQUIRE(seen["completed"]["delivery"]["state"] == "DELIVERED");
  REQUIRE(seen["completed"]["owed"]["minor_units"] == 0);
  REQUIRE(seen["completed"]["warnings"].empty());
  REQUIRE(seen["too_late"]["failed"] == true);
  REQUIRE(seen["returned"]["failed"] == false);
  REQUIRE_FALSE(seen["returned"]["structured"]["return_id"].get<std::string>().empty());
  REQUIRE(seen["list"]["trades"].size() == 2);
  REQUIRE(seen["list"]["left_out"] == 0);
  REQUIRE(seen["last"]["trades"].size() == 1);
  REQUIRE(seen["last"]["trades"][0]["reference"] == "PO-3");
  REQUIRE(seen["last"]["left_out"] == 1);
  REQUIRE(seen["warnings"]["warnings"].empty());
}

TEST_CASE("mcp: the protocol's SDK buys within its limits and follows the trade to its end") {
  const std::string modules = std::string(TALLYSTICK_SOURCE_DIR) + "/build/node/node_modules";
  if (!std::filesystem::exists(modules + "/@modelcontextprotocol/sdk")) {
    std::puts("SKIPPED: node's packages are not there; ./dev test puts them there");
    return;
  }
  Stack stack;
  stack.LoadProducts();
  Process node(
      {"/usr/bin/env", "node", std::string(TALLYSTICK_SOURCE_DIR) + "/tests/e2e/node/buy.cjs",
       std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally", stack.File("ledger.db")},
      {{"NODE_PATH", modules}}, stack.File("node.out"), stack.File("node.err"));
  const int code = node.Wait();
  INFO(ReadFile(stack.File("node.err")));
  REQUIRE(code == 0);
  const json seen = json::parse(ReadFile(stack.File("node.out")));
  INFO(seen.dump(1));
  RequireLookedRound(seen);
  RequireOrdered(seen);
  RequireFollowed(seen);
  REQUIRE(stack.postgres().Ask("payment", "SELECT count(*) FROM payments") == "2");
}

TEST_CASE("mcp: only messages come out, whatever comes in") {
  Stack stack;
  stack.LoadProducts();
  const std::string ping = R"({"jsonrpc":"2.0","id":"p","method":"ping"})";
  const Session session =
      RunMcp(stack,
             "nonsense\n" + ping + "\n" + std::string(3'000'000, '[') + "\n" + ping + "\r\n" +
                 CallLine("track", {{"trade", "\x1b[2J"}}, 2) +
                 CallLine("order", OrderOf("PO-1"), 3) + CallLine("list", json::object(), 4) + ping,
             "--profile demo mcp --read-only");
  REQUIRE(session.code == 0);
  REQUIRE(session.answers.size() == 8);
  REQUIRE(session.answers[0]["error"]["code"] == -32700);
  REQUIRE(session.answers[1]["result"] == json::object());
  REQUIRE(session.answers[2]["error"]["code"] == -32700);
  REQUIRE(session.answers[3]["id"] == "p");
  REQUIRE(session.answers[4]["result"]["isError"] == true);
  REQUIRE(session.answers[5]["result"]["isError"] == true);
  REQUIRE(session.answers[6]["result"]["structuredContent"]["trades"].empty());
  REQUIRE(session.answers[7]["id"] == "p");
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "0");
}

TEST_CASE("mcp: orders need limits when it is started") {
  Stack stack;
  for (const char* options :
       {"mcp --allow-orders", "mcp --allow-orders --max-trade '1.00 USD'",
        "mcp --allow-orders --max-trade '1.00 USD' --max-day '1.00 EUR'",
        "mcp --allow-orders --read-only --max-trade '1.00 USD' --max-day '1.00 USD'",
        "mcp --max-trade '1.00 USD' --max-day '1.00 USD'"}) {
    CAPTURE(options);
    const Session session = RunMcp(stack, "", options);
    REQUIRE(session.code == 2);
    REQUIRE(session.answers.empty());
    REQUIRE_FALSE(session.err.empty());
  }
}

TEST_CASE("mcp: the limit on what is unsettled holds for programs, too") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.Tally({"limit", "set", "10.00 USD"}).code == 0);
  const json result = CallTool(stack, "order", OrderOf("PO-1"), kMayOrder);
  REQUIRE(result["isError"] == true);
  REQUIRE(Has(WordsOf(result), "of 10.00 USD. Nothing was ordered"));
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "0");
}

TEST_CASE("mcp: a shop that is down is said in time, and the order is found out about later") {
  Stack stack;
  stack.LoadProducts();
  const std::string impatient = std::string("--timeout-ms 500 ") + kMayOrder;
  REQUIRE(CallTool(stack, "order", OrderOf("PO-1"), kMayOrder)["isError"] == false);
  stack.StopServer("shopping");
  for (const auto& [tool, arguments] :
       {std::pair("products", json::object()), std::pair("order", OrderOf("PO-2")),
        std::pair("track", json{{"trade", "PO-1"}}),
        std::pair("cancel", json{{"trade", "PO-1"}})}) {
    CAPTURE(tool);
    const json result = CallTool(stack, tool, arguments, impatient);
    REQUIRE(result["isError"] == true);
    REQUIRE(Has(WordsOf(result), "Try the same call again later"));
  }
  // What was asked of an order that is known goes on when there is a shop again.
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return stack.Tally({"products"}).code == 0; }));
  REQUIRE(CallTool(stack, "order", OrderOf("PO-2"), kMayOrder)["structuredContent"]["placed"] == 1);
}

TEST_CASE("mcp: who is not let in is told so") {
  Stack stack;
  stack.LoadProducts();
  std::ofstream(stack.File("bad.token")) << "no.token\n";
  REQUIRE(stack
              .Tally({"shop", "add", "locked", stack.shopping_address(), "--ca",
                      Keys::Get().File("buyers/ca.crt"), "--token-file", stack.File("bad.token"),
                      "--offline"})
              .code == 0);
  const json result = CallTool(stack, "products", json::object(), "--profile locked mcp");
  REQUIRE(result["isError"] == true);
  REQUIRE(Has(WordsOf(result), "does not take the token"));
}

TEST_CASE("mcp: a signal ends it with 0, also while it waits") {
  Stack stack;
  const std::string tally = std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally";
  // (The pipe's other end stays open.)
  Process process({"/bin/sh", "-c",
                   "mkfifo " + stack.File("mcp.fifo") + "; exec " + tally + " mcp <> " +
                       stack.File("mcp.fifo")},
                  {{"TALLY_LEDGER", stack.File("ledger.db")}}, stack.File("mcp.out"),
                  stack.File("mcp.err"));
  REQUIRE(WaitUntil([&] { return std::filesystem::exists(stack.File("mcp.fifo")); }));
  std::ofstream(stack.File("mcp.fifo"))
      << R"({"jsonrpc":"2.0","id":1,"method":"ping"})" << std::endl;
  REQUIRE(WaitUntil([&] { return !ReadFile(stack.File("mcp.out")).empty(); }));
  process.Signal(SIGTERM);
  REQUIRE(process.Wait() == 0);
}

}  // namespace
}  // namespace tallystick::testing
