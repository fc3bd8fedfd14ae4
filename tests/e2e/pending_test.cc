// Orders that have had no answer: how a buyer gets on with a shop that was mistyped, a token that
// has expired, an answer that was lost.
#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

std::vector<std::string> OrderAt(const std::string& profile, const std::string& reference) {
  return {"--profile", profile,       "--timeout-ms", "5000", "order",
          "CHAI:1",    "--reference", reference,      "--to", "Ann; City"};
}

std::string OrdersAt(Stack& stack) {
  return stack.postgres().Ask("shopping", "SELECT count(*) FROM orders");
}

TEST_CASE("pending: a mistyped address is corrected, and the order goes to the right one") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.AddShop("typo", "alice", "127.0.0.1:1").code == 0);
  const TallyResult missed = stack.Tally(OrderAt("typo", "PO-1"));
  REQUIRE(missed.code == 4);
  REQUIRE(absl::StrContains(missed.err, "127.0.0.1:1"));
  REQUIRE(absl::StrContains(missed.err, "tally shop add"));
  REQUIRE(absl::StrContains(missed.err, "tally drop"));
  const json pending = stack.TallyJson({"list"}).json()["pending"];
  REQUIRE(pending.size() == 1);
  REQUIRE(pending[0]["reference"] == "PO-1");
  REQUIRE(pending[0]["maybe_placed"] == false);
  // To be forgotten, the shop would have to take its order along.
  const TallyResult kept = stack.Tally({"shop", "remove", "typo"});
  REQUIRE(kept.code == 1);
  REQUIRE(absl::StrContains(kept.err, "tally drop"));
  REQUIRE(stack.AddShop("typo", "alice", stack.shopping_address()).code == 0);
  const TallyResult placed = stack.TallyJson(OrderAt("typo", "PO-1"));
  REQUIRE(placed.code == 0);
  REQUIRE(placed.json()["placed_before"] == 1);
  REQUIRE(placed.json()["trades"][0]["request_id"] == pending[0]["request_id"]);
  REQUIRE(OrdersAt(stack) == "1");
}

TEST_CASE("pending: an order that never reached its shop is dropped, and its name is free") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.AddShop("typo", "alice", "127.0.0.1:1").code == 0);
  REQUIRE(stack.Tally(OrderAt("typo", "PO-1")).code == 4);
  REQUIRE(stack.Tally(OrderAt("typo", "PO-2")).code == 4);
  REQUIRE(stack.Tally({"drop", "PO-1"}).code == 0);
  REQUIRE(stack.Tally({"drop", "PO-1"}).code == 1);
  const json pending = stack.TallyJson({"list"}).json()["pending"];
  REQUIRE(pending.size() == 1);
  REQUIRE(stack.Tally({"drop", pending[0]["request_id"]}).code == 0);
  REQUIRE(stack.TallyJson({"list"}).json()["unknown"] == 0);
  REQUIRE(stack.Tally({"shop", "remove", "typo"}).code == 0);
  REQUIRE(stack.Tally(OrderAt("demo", "PO-1")).code == 0);
  REQUIRE(stack.Tally({"sync"}).code == 0);
  REQUIRE(OrdersAt(stack) == "1");
}

TEST_CASE("pending: an order that met an expired token goes out with another one") {
  Stack stack;
  stack.LoadProducts();
  const std::string good = ReadFile(Keys::Get().TokenFile("alice"));
  std::ofstream(stack.File("old.token")) << "not.a.token\n";
  std::ofstream(stack.File("new.token")) << good;
  const auto add = [&](const std::string& token_file) {
    return stack.Tally({"shop", "add", "mine", stack.shopping_address(), "--ca",
                        Keys::Get().File("buyers/ca.crt"), "--token-file", stack.File(token_file),
                        "--offline"});
  };
  REQUIRE(add("old.token").code == 0);
  const TallyResult refused = stack.Tally(OrderAt("mine", "PO-1"));
  REQUIRE(refused.code == 5);
  REQUIRE(absl::StrContains(refused.err, "token file"));
  REQUIRE(stack.TallyJson({"list"}).json()["pending"][0]["maybe_placed"] == false);
  REQUIRE(add("new.token").code == 0);
  REQUIRE(stack.TallyJson({"sync"}).json()["placed"] == 1);
  REQUIRE(OrdersAt(stack) == "1");
}

TEST_CASE(
    "pending: an order that the shop may have is sent nowhere else, and dropped only on demand") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.Tally(OrderAt("demo", "PO-1")).code == 0);
  // The answer is lost: the ledger does not have it.
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  ledger.exec("UPDATE trades SET placement = 0, trading_id = NULL, information = NULL");
  const TallyResult elsewhere = stack.AddShop("demo", "alice", "127.0.0.1:1");
  REQUIRE(elsewhere.code == 1);
  REQUIRE(absl::StrContains(elsewhere.err, "tally sync"));
  REQUIRE(absl::StrContains(elsewhere.err, "tally drop"));
  const TallyResult kept = stack.Tally({"drop", "PO-1"});
  REQUIRE(kept.code == 1);
  REQUIRE(absl::StrContains(kept.err, "--even-if-placed"));
  const TallyResult dropped = stack.Tally({"drop", "PO-1", "--even-if-placed"});
  REQUIRE(dropped.code == 0);
  REQUIRE(absl::StrContains(dropped.err, "tally sync --rebuild"));
  // The shop did have it.
  REQUIRE(WaitUntil([&] {
    REQUIRE(stack.Tally({"sync", "--rebuild"}).code == 0);
    return stack.TallyJson({"list"}).json()["trades"].size() == 1;
  }));
  REQUIRE(OrdersAt(stack) == "1");
}

TEST_CASE("pending: sync says which order at which shop has an unknown outcome, and ends with 4") {
  Stack stack;
  stack.LoadProducts();
  std::ofstream(stack.File("mine.token")) << ReadFile(Keys::Get().TokenFile("alice"));
  REQUIRE(stack
              .Tally({"shop", "add", "mine", stack.shopping_address(), "--ca",
                      Keys::Get().File("buyers/ca.crt"), "--token-file", stack.File("mine.token")})
              .code == 0);
  REQUIRE(stack.Tally(OrderAt("mine", "PO-1")).code == 0);
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  ledger.exec("UPDATE trades SET placement = 0, trading_id = NULL, information = NULL");
  std::filesystem::remove(stack.File("mine.token"));
  const TallyResult open = stack.TallyJson({"sync"});
  REQUIRE(open.code == 4);
  REQUIRE(open.json()["unknown"] == 1);
  REQUIRE(open.json()["pending"][0]["shop"] == "mine");
  REQUIRE(open.json()["pending"][0]["reference"] == "PO-1");
  REQUIRE(absl::StrContains(open.err, "PO-1"));
  REQUIRE(absl::StrContains(open.err, "mine.token"));
  std::ofstream(stack.File("mine.token")) << ReadFile(Keys::Get().TokenFile("alice"));
  REQUIRE(WaitUntil([&] { return stack.Tally({"sync"}).code == 0; }));
  REQUIRE(stack.TallyJson({"list"}).json()["unknown"] == 0);
}

TEST_CASE("pending: what sync found out is not ordered or asked again by the same command") {
  Stack stack;
  stack.LoadProducts();
  const std::vector<std::string> order = {"order", "CHAI:2", "--to", "Ann; City"};
  REQUIRE(stack.Tally(order).code == 0);
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  // The answer is lost, and cron's sync has the next one.
  ledger.exec("UPDATE trades SET placement = 0, trading_id = NULL, information = NULL");
  REQUIRE(WaitUntil([&] { return stack.Tally({"sync"}).code == 0; }));
  const TallyResult again = stack.TallyJson(order);
  CAPTURE(again.err);
  REQUIRE(again.code == 0);
  REQUIRE(again.json()["placed_before"] == 1);
  REQUIRE(absl::StrContains(again.err, "--reference"));
  REQUIRE(OrdersAt(stack) == "1");
  REQUIRE(stack.TallyJson(order).json()["placed"] == 1);
  REQUIRE(OrdersAt(stack) == "2");
  // So it is with a request.
  const std::string id = again.json()["trades"][0]["contents"]["trading_id"];
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const std::vector<std::string> give_back = {"return", id, "CHAI:1"};
  const TallyResult first = stack.TallyJson(give_back);
  REQUIRE(first.code == 0);
  ledger.exec("UPDATE requests SET reported = 0");
  const TallyResult same = stack.TallyJson(give_back);
  REQUIRE(same.code == 0);
  REQUIRE(same.json()["return_id"] == first.json()["return_id"]);
  const TallyResult second = stack.TallyJson(give_back);
  REQUIRE(second.code == 0);
  REQUIRE(second.json()["return_id"] != first.json()["return_id"]);
}

TEST_CASE("pending: two commands that order the same at the same moment order it once") {
  Stack stack;
  stack.LoadProducts();
  for (int round = 1; round <= 5; ++round) {
    // Neither has an answer, and tells its user of one, before both have sent.
    stack.server("shopping").Signal(SIGSTOP);
    const std::vector<std::string> order = {"order", "CHAI:1", "--to",
                                            "Ann; Street " + std::to_string(round)};
    const auto one = stack.StartTally(order);
    const auto other = stack.StartTally(order);
    REQUIRE(WaitUntil([&] {
      SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READONLY, 10'000);
      return ledger.execAndGet("SELECT ifnull(sum(sendings), 0) FROM trades WHERE placement = 0")
                 .getInt() == 2;
    }));
    stack.server("shopping").Signal(SIGCONT);
    REQUIRE(one->Wait() == 0);
    REQUIRE(other->Wait() == 0);
    REQUIRE(OrdersAt(stack) == std::to_string(round));
  }
}

TEST_CASE("pending: a request that could not be sent stays, and its command ends with 4") {
  Stack stack;
  stack.LoadProducts();
  std::ofstream(stack.File("mine.token")) << ReadFile(Keys::Get().TokenFile("alice"));
  REQUIRE(stack
              .Tally({"shop", "add", "mine", stack.shopping_address(), "--ca",
                      Keys::Get().File("buyers/ca.crt"), "--token-file", stack.File("mine.token")})
              .code == 0);
  const std::string id = stack.Order({"--profile", "mine", "CHAI:1"});
  std::filesystem::remove(stack.File("mine.token"));
  const TallyResult unsent = stack.Tally({"cancel", id});
  REQUIRE(unsent.code == 4);
  REQUIRE(absl::StrContains(unsent.err, "the request is in the ledger"));
  REQUIRE(stack.Tally({"sync"}).code == 4);
}

TEST_CASE("pending: a name stays with its shop, unless that has moved") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.Tally(OrderAt("demo", "PO-1")).code == 0);
  const TallyResult other = stack.AddShop("demo", "alice", "127.0.0.1:1");
  REQUIRE(other.code == 1);
  REQUIRE(absl::StrContains(other.err, "--moved"));
  REQUIRE(stack
              .Tally({"shop", "add", "demo", "127.0.0.1:1", "--moved", "--offline", "--ca",
                      Keys::Get().File("buyers/ca.crt"), "--token-file",
                      Keys::Get().TokenFile("alice")})
              .code == 0);
}

}  // namespace
}  // namespace tallystick::testing
