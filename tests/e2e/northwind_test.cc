// All 830 Northwind orders through the built binaries, undisturbed and with everything killed once.
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdio>

#include "tests/support/northwind.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

constexpr int kOrders = 830;
constexpr int kLines = 2155;
constexpr int64_t kUnits = 51317;
constexpr int64_t kGoodsTotal = 144936731;  // 1,449,367.31 USD

bool LoadNorthwind(Stack& stack) {
  const std::string folder = NorthwindFolder();
  if (folder.empty()) {
    std::puts("SKIPPED: no Northwind data; set TALLYSTICK_NORTHWIND to its folder");
    return false;
  }
  WriteNorthwind(folder, stack.File("products.csv"), stack.File("orders.csv"));
  REQUIRE(
      stack.Tally({"--profile", "back", "ops", "products", "--from", stack.File("products.csv")})
          .code == 0);
  return true;
}

void CheckFigures(Stack& stack) {
  for (const auto& [database, table] :
       {std::pair("shopping", "orders"), std::pair("payment", "payments"),
        std::pair("delivery", "deliveries")}) {
    CAPTURE(database);
    REQUIRE(stack.postgres().Ask(database, std::string("SELECT count(*) FROM ") + table) == "830");
  }
  // Every piece was sold: the stock that was loaded is gone.
  REQUIRE(stack.postgres().Ask("shopping", "SELECT sum(stock) FROM products") == "0");

  const json list = stack.TallyJson({"list"}).json();
  REQUIRE(list["trades"].size() == kOrders);
  int64_t goods_total = 0;
  for (const json& trade : list["trades"]) {
    REQUIRE(trade["order_state"] == "COMPLETED");
    REQUIRE(trade["delivered"] == true);
    REQUIRE(trade["settled"] == true);
    REQUIRE(trade["goods_total"]["currency_code"] == "USD");
    goods_total += trade["goods_total"]["minor_units"].get<int64_t>();
  }
  REQUIRE(goods_total == kGoodsTotal);
  REQUIRE(list["owed"][0]["minor_units"] == 0);
}

// Syncs until all trades are completed; no sync on the way may warn.
void SyncToTheEnd(Stack& stack) {
  REQUIRE(WaitUntil(
      [&] {
        const TallyResult sync = stack.TallyJson({"sync", "--all"});
        REQUIRE(sync.code != 3);
        return sync.code == 0 && sync.json()["completed"] == kOrders;
      },
      absl::Minutes(3)));
  const json sync = stack.TallyJson({"sync", "--all"}).json();
  REQUIRE(sync["asked"] == kOrders);
  REQUIRE(sync["warned"] == 0);
  REQUIRE(sync["partial"] == 0);
}

void PlaceAgainChangesNothing(Stack& stack) {
  const TallyResult again = stack.TallyJson({"order", "--from", stack.File("orders.csv")});
  REQUIRE(again.code == 0);
  REQUIRE(again.json()["placed"] == 0);
  REQUIRE(again.json()["placed_before"] == kOrders);

  // A client whose answers were lost sends the same request ids again.
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  const auto ids = [&] {
    return ledger
        .execAndGet(
            "SELECT group_concat(trading_id) FROM "
            "(SELECT trading_id FROM trades ORDER BY key)")
        .getString();
  };
  const std::string before = ids();
  ledger.exec("UPDATE trades SET placement = 0, trading_id = NULL, information = NULL");
  const TallyResult resent = stack.TallyJson({"sync", "--all"});
  REQUIRE(resent.code == 0);
  REQUIRE(resent.json()["asked"] == kOrders);
  REQUIRE(ids() == before);
}

TEST_CASE("all Northwind orders are placed, delivered and settled, to the cent") {
  Stack stack;
  if (!LoadNorthwind(stack)) return;
  const TallyResult placed = stack.TallyJson({"order", "--from", stack.File("orders.csv")});
  REQUIRE(placed.code == 0);
  int lines = 0;
  int64_t units = 0;
  const json answer = placed.json();
  for (const json& trade : answer["trades"]) {
    for (const json& line : trade["contents"]["lines"]) {
      ++lines;
      units += line["quantity"].get<int64_t>();
    }
  }
  REQUIRE(answer["placed"] == kOrders);
  REQUIRE(lines == kLines);
  REQUIRE(units == kUnits);
  SyncToTheEnd(stack);
  CheckFigures(stack);
  PlaceAgainChangesNothing(stack);
  CheckFigures(stack);
}

int PlacedSoFar(Stack& stack) {
  return std::stoi(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders"));
}

// Lets the import run until at least `count` orders are in the shop's database; it must not be at
// its end then.
void RunInto(Stack& stack, int count) {
  REQUIRE(WaitUntil([&] { return PlacedSoFar(stack) >= count; }));
  REQUIRE(PlacedSoFar(stack) < kOrders);
}

TEST_CASE("all Northwind orders come through though everything is killed once on the way") {
  Stack stack;
  if (!LoadNorthwind(stack)) return;
  // Small batches, so that there is a middle to be killed in.
  const std::vector<std::string> import = {"order", "--from", stack.File("orders.csv"), "--batch",
                                           "2"};
  auto client = stack.StartTally(import);
  for (const std::string victim : {"payment", "delivery"}) {
    RunInto(stack, victim == "payment" ? 100 : 200);
    stack.server(victim).Kill();
    stack.StartServer(victim);
  }
  RunInto(stack, 300);
  client->Kill();
  REQUIRE(client->Wait() == 128 + SIGKILL);

  // Each run goes on where the last one was stopped.
  client = stack.StartTally(import);
  RunInto(stack, 400);
  stack.server("shopping").Kill();
  REQUIRE(client->Wait() == 4);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return stack.Tally({"products"}).code == 0; }));

  client = stack.StartTally(import);
  RunInto(stack, 500);
  stack.postgres().Kill();
  stack.postgres().Start();
  // Either the shop got over it within the call, or the client says that it did not.
  const int code = client->Wait();
  CAPTURE(code);
  REQUIRE((code == 0 || code == 4));

  REQUIRE(WaitUntil([&] { return stack.Tally(import).code == 0; }, absl::Minutes(2)));
  SyncToTheEnd(stack);
  CheckFigures(stack);
  PlaceAgainChangesNothing(stack);
  CheckFigures(stack);
}

}  // namespace
}  // namespace tallystick::testing
