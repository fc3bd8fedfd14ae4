// tally as people use it: one scenario a test, against the built servers.
#include <sys/stat.h>

#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>
#include <set>
#include <sstream>

#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

TEST_CASE("a buyer orders, tracks to the end, lists and shows") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3", "CHANG", "--reference", "PO-1"});
  const TallyResult tracked = stack.TallyJson({"track", id.substr(0, 18), "--watch"});
  REQUIRE(tracked.code == 0);
  // One JSON object a change; the last is the end.
  json last;
  std::istringstream changes(tracked.out);
  for (std::string line; std::getline(changes, line);) {
    last = json::parse(line);
    REQUIRE(last["warnings"].empty());
  }
  REQUIRE(last["trading_id"] == id);
  REQUIRE(last["order"]["state"] == "COMPLETED");
  REQUIRE(last["payment"]["state"] == "CAPTURED");
  REQUIRE(last["delivery"]["state"] == "DELIVERED");
  REQUIRE(last["warnings"].empty());

  const TallyResult table = stack.Tally({"track", id});
  REQUIRE(table.code == 0);
  REQUIRE(table.out.find("The three halves match.") != std::string::npos);
  REQUIRE(table.out.find('\x1b') == std::string::npos);
  const TallyResult list = stack.Tally({"-o", "wide", "list", "--delivered", "--settled"});
  REQUIRE(list.out.find(id) != std::string::npos);
  REQUIRE(stack.Tally({"-o", "name", "list", "--undelivered"}).out.empty());
  const json show = stack.TallyJson({"show", id}).json();
  REQUIRE(show["contents"]["reference"] == "PO-1");
  REQUIRE(show["contents"]["total"]["minor_units"] == 5400 + 1900 + 378 + 133 + 490);
  REQUIRE(show["observations"].size() >= 3);
}

TEST_CASE("a declined order is shown as rejected, and nothing is owed") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--payment-method", "pm_sandbox_declined"});
  REQUIRE(stack.Tally({"track", id, "--watch"}).code == 0);
  const json show = stack.TallyJson({"show", id}).json();
  REQUIRE(show["order"]["state"] == "REJECTED");
  REQUIRE(show["payment"]["state"] == "DECLINED");
  REQUIRE(stack.TallyJson({"list"}).json()["owed"][0]["minor_units"] == 0);
}

TEST_CASE("an order that is refused later is followed until the money is back") {
  Stack stack;
  stack.LoadProducts();
  const TallyResult placed = stack.TallyJson({"order", "CHAI:2", "--to", "Ann; SANDBOX-REFUSE"});
  const std::string id = placed.json()["trades"][0]["contents"]["trading_id"];
  // Nothing is owed as soon as payment has heard of it; the authorization is voided a step later.
  REQUIRE(WaitUntil([&] {
    REQUIRE(stack.Tally({"sync"}).code == 0);
    const json show = stack.TallyJson({"show", id}).json();
    return show["order"]["state"] == "REJECTED" && show["payment"]["state"] == "VOIDED";
  }));
  REQUIRE(stack.TallyJson({"list"}).json()["owed"][0]["minor_units"] == 0);
  REQUIRE(WaitUntil([&] { return stack.TallyJson({"sync"}).json()["asked"] == 0; }));
}

TEST_CASE("wrong input is refused with the exit codes of the manual") {
  Stack stack;
  stack.LoadProducts();
  const std::vector<std::string> to = {"--to", "Ann; City"};
  const auto order = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "order");
    arguments.insert(arguments.end(), to.begin(), to.end());
    return stack.Tally(std::move(arguments));
  };
  const TallyResult unknown = order({"NOPE:1"});
  REQUIRE(unknown.code == 1);
  REQUIRE(unknown.err.find("NOPE") != std::string::npos);
  REQUIRE(order({"CHAI:0"}).code == 2);
  REQUIRE(order({"CHAI:101"}).err.find("100 are in stock") != std::string::npos);
  REQUIRE(order({"CHAI:1", "--expect-total", "1.00 USD"}).err.find("TOTAL") == std::string::npos);
  REQUIRE(order({"CHAI:1", "--expect-total", "1.00 USD"}).code == 1);
  REQUIRE(order({"CHAI:1", "--terms", "SOMEDAY"}).code == 2);
  REQUIRE(stack.Tally({"order"}).code == 2);
  REQUIRE(stack.Tally({"frobnicate"}).code == 2);
  REQUIRE(stack.Tally({"track", "0198"}).code == 1);
  REQUIRE(stack.Tally({"--profile", "demo", "ops", "stock", "CHAI:+1"}).code == 5);
  REQUIRE(stack.Tally({"--help"}).code == 0);
  // A refusal is a row, but of revision 0.
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders WHERE revision > 0") ==
          "0");
  struct stat ledger {};
  REQUIRE(stat(stack.File("ledger.db").c_str(), &ledger) == 0);
  REQUIRE((ledger.st_mode & 0777) == 0600);
}

TEST_CASE("a service that is down gives a partial answer that says so") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.Tally({"track", id, "--watch"}).code == 0);
  stack.StopServer("payment");
  const TallyResult partial = stack.TallyJson({"--timeout-ms", "2000", "track", id});
  REQUIRE(partial.code == 4);
  REQUIRE(partial.json()["order"]["state"] == "COMPLETED");
  REQUIRE(partial.json()["delivery"]["state"] == "DELIVERED");
  REQUIRE(partial.json()["unreachable"].size() == 1);
  stack.StartServer("payment");
  REQUIRE(WaitUntil([&] { return stack.Tally({"track", id}).code == 0; }));
}

TEST_CASE("an order whose answer was lost is found again and never placed twice") {
  Stack stack;
  stack.LoadProducts();
  stack.StopServer("shopping");
  const TallyResult lost = stack.Tally(
      {"--timeout-ms", "1000", "order", "CHAI:2", "--to", "Ann; City", "--reference", "PO-9"});
  REQUIRE(lost.code == 4);
  REQUIRE(stack.TallyJson({"list"}).json()["unknown"] == 1);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return stack.Tally({"products"}).code == 0; }));
  const TallyResult again =
      stack.TallyJson({"order", "CHAI:2", "--to", "Ann; City", "--reference", "PO-9"});
  REQUIRE(again.code == 0);
  REQUIRE(again.json()["placed_before"] == 1);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
  // The reference belongs to that order.
  REQUIRE(stack.Tally({"order", "CHAI:3", "--to", "Ann; City", "--reference", "PO-9"}).code == 1);
}

TEST_CASE("without a reference, the same order again after a lost answer is not a second one") {
  Stack stack;
  stack.LoadProducts();
  const std::vector<std::string> order = {"order", "CHAI:2", "--to", "Ann; City"};
  REQUIRE(stack.Tally(order).code == 0);
  // The answer is lost: the ledger does not have it.
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  ledger.exec("UPDATE trades SET placement = 0, trading_id = NULL, information = NULL");
  // Nor may the shop be changed under it.
  REQUIRE(stack.AddShop("demo", "alice", "127.0.0.1:1").code == 1);
  REQUIRE(stack.Tally({"shop", "remove", "demo"}).code == 1);
  REQUIRE(stack.Tally(order).code == 0);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
  // Ordered once more on purpose, it is a second one.
  REQUIRE(stack.Tally(order).code == 0);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "2");
}

TEST_CASE("tally does not take in what cannot be sent, and a wrong token is not allowed") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.Tally({"order", "CHAI:1", "--to", "M\xfcller; City"}).code == 2);
  REQUIRE(stack.Tally({"order", "CHAI:", "--to", "Ann; City"}).code == 2);
  REQUIRE(stack.TallyJson({"list"}).json()["unknown"] == 0);
  const std::string id = stack.Order({"CHAI:1"});
  // Somebody else's signature stands in the file.
  TokenRequest forged;
  forged.subject = "alice";
  const std::string token = MakeToken(SigningKey::Generate(KeyKind::kP256), forged, absl::Now());
  std::ofstream(Keys::Get().File("tokens/alice")) << token << "\n";
  REQUIRE(stack.Tally({"track", id}).code == 5);
  REQUIRE(stack.Tally({"sync"}).code == 5);
  // A shop that was forgotten does not keep tally from asking the others.
  REQUIRE(stack.Tally({"shop", "remove", "demo"}).code == 0);
  REQUIRE(stack.Tally({"sync"}).code == 4);
}

TEST_CASE("a service that lies is caught, with rule and evidence, and exit code 3") {
  Stack stack;
  stack.LoadProducts();
  const std::string first = stack.Order({"CHAI:1"});
  const std::string second = stack.Order({"CHANG:1"});
  REQUIRE(stack.Tally({"track", first, second, "--watch"}).code == 0);

  // Payment's database now says that 9,999.99 was captured: a second `captured` in the document.
  stack.postgres().Execute("payment",
                           "UPDATE payments SET document = document || "
                           "'\\x0a06520410bf843d'::bytea WHERE trading_id = '" +
                               first + "'");
  const TallyResult money = stack.TallyJson({"track", first});
  REQUIRE(money.code == 3);
  std::set<std::string> rules;
  const json answer = money.json();
  for (const json& warning : answer["warnings"]) {
    rules.insert(warning["rule"].get<std::string>());
    REQUIRE_FALSE(warning["evidence"].empty());
  }
  REQUIRE(rules.contains("MONEY-2"));
  REQUIRE(rules.contains("GOODS-4"));
  REQUIRE(rules.contains("WORD-1"));

  // And delivery answers about another trade.
  stack.postgres().Execute("delivery",
                           "UPDATE deliveries SET document = (SELECT document FROM deliveries "
                           "WHERE trading_id = '" +
                               first + "') WHERE trading_id = '" + second + "'");
  const TallyResult other = stack.Tally({"track", second});
  REQUIRE(other.code == 3);
  REQUIRE(other.out.find("ID-1") != std::string::npos);
  REQUIRE(other.out.find(first) != std::string::npos);
  REQUIRE(stack.Tally({"sync"}).code == 3);
  // What was told of the other trade was not added to this one.
  REQUIRE(stack.TallyJson({"show", second}).json()["delivery"]["trading_id"] == second);
}

TEST_CASE("a server drains at SIGTERM and its log carries the ids") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  stack.server("shopping").Signal(SIGTERM);
  REQUIRE(stack.server("shopping").Wait() == 0);
  const std::string log = stack.Log("shopping");
  REQUIRE(log.find("stopped") != std::string::npos);
  REQUIRE(log.find("trading_id=" + id) != std::string::npos);
  REQUIRE(log.find("request_id=") != std::string::npos);
  REQUIRE(log.find("Ann Example") == std::string::npos);
}

}  // namespace
}  // namespace tallystick::testing
