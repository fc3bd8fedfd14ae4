// One scenario a claim, by the built binaries, as table and as JSON: returning, reordering, the
// three services and the shop's own account. What the claims are: docs/claims.md.
#include <sstream>

#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

TEST_CASE("claim 9: products of a displayed trade are returned, in parts") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3", "CHANG:1"}, "SANDBOX-SPLIT");
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const TallyResult first = stack.TallyJson({"return", id, "CHAI:1", "--reason", "broken"});
  REQUIRE(first.code == 0);
  REQUIRE(first.json()["return_id"] == "R1");
  REQUIRE(absl::StrContains(stack.Tally({"return", id, "CHAI:1", "CHANG:1"}).out,
                            "Return R2 is requested"));
  // More than is left is refused, and changes nothing.
  const TallyResult too_much = stack.TallyJson({"return", id, "CHAI:2"});
  REQUIRE(too_much.code == 1);
  REQUIRE(too_much.json()["error"]["reason"] == "NOT_RETURNABLE");
  REQUIRE(stack.TrackUntil(id, [](const json& trade) {
    return trade["order"]["returns"].size() == 2 &&
           trade["order"]["returns"][0]["state"] == "REFUNDED" &&
           trade["order"]["returns"][1]["state"] == "REFUNDED";
  }));
  // 54.00 + 3.78 tax for three CHAI, 19.00 + 1.33 for one CHANG; two CHAI and the CHANG came back.
  const json trade = stack.Track(id);
  REQUIRE(trade["payment"]["refunded"]["minor_units"] == 3852 + 2033);
  REQUIRE(trade["order"]["due"]["minor_units"] == 1926 + 490);
  REQUIRE(trade["delivery"]["lines"][0]["returned"] == 2);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT stock FROM products WHERE sku = 'CHAI'") ==
          "99");
  const std::string table = stack.Tally({"track", id}).out;
  REQUIRE(absl::StrContains(table, "REFUNDED"));
  REQUIRE(absl::StrContains(table, "RETURNED"));
  REQUIRE(absl::StrContains(stack.Tally({"list", "--all"}).out, "3 returned"));
  REQUIRE(stack.TallyJson({"list"}).json()["trades"][0]["returns"].size() == 2);
  REQUIRE(absl::StrContains(stack.Tally({"show", id}).out, "R2"));
}

TEST_CASE("claim 9: not after the return period, and not what the carrier keeps") {
  Stack stack({{"shopping", {"--return-period-ms", "0"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const TallyResult late = stack.TallyJson({"return", id, "CHAI:1"});
  REQUIRE(late.code == 1);
  REQUIRE(late.json()["error"]["reason"] == "RETURN_PERIOD_OVER");
}

TEST_CASE("claim 9: before the money is taken, a return lowers what will be") {
  Stack stack({{"shopping", {"--net-30-period-ms", "2500"}}});
  stack.SetTally("TALLY_NET_30_PERIOD_MS", "2500");
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2", "--terms", "NET_30"});
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return !trade["payment"]["planned_captures"].empty(); }));
  REQUIRE(stack.Tally({"return", id, "CHAI:1"}).code == 0);
  // The capture runs by itself at its date.
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const json trade = stack.Track(id);
  REQUIRE(trade["payment"]["captured"]["minor_units"] == 1926 + 490);
  REQUIRE(trade["payment"]["refunded"]["minor_units"] == 0);
}

TEST_CASE("claim 10, 22: a new order is made from a stored one by modifying it") {
  Stack stack;
  stack.LoadProducts();
  const std::string old = stack.Order({"CHAI:2", "CHANG:1"});
  std::ofstream(stack.File("prices.csv")) << "sku,name,unit_price,tax_percent\nCHAI,Chai,20,7.00\n";
  REQUIRE(stack.Back({"ops", "products", "--from", stack.File("prices.csv")}).code == 0);
  const TallyResult reordered =
      stack.TallyJson({"reorder", old, "--set", "CHAI:5", "--drop", "CHANG", "--to",
                       "Bob; Street 2", "--terms", "ON_DELIVERY"});
  REQUIRE(reordered.code == 0);
  std::istringstream lines(reordered.out);
  std::string line;
  std::getline(lines, line);
  const json comparison = json::parse(line)["comparison"];
  REQUIRE(comparison["lines"][0]["old_price"]["minor_units"] == 1800);
  REQUIRE(comparison["lines"][0]["new_price"]["minor_units"] == 2000);
  REQUIRE(comparison["new_total"]["minor_units"] == 10000 + 700 + 490);
  std::getline(lines, line);
  const json placed = json::parse(line)["trades"][0]["contents"];
  REQUIRE(placed["lines"].size() == 1);
  REQUIRE(placed["lines"][0]["quantity"] == 5);
  REQUIRE(placed["ship_to"][0] == "Bob");
  REQUIRE(placed["terms"] == "ON_DELIVERY");
  REQUIRE(placed["total"] == comparison["new_total"]);
  const TallyResult table = stack.Tally({"reorder", old, "--add", "CHANG:1"});
  REQUIRE(table.code == 0);
  REQUIRE(absl::StrContains(table.err, "+2.00 USD"));
  REQUIRE(absl::StrContains(table.err, "Total was"));
  REQUIRE(stack.Tally({"reorder", old, "--drop", "CHAI", "--drop", "CHANG"}).code == 2);
  REQUIRE(stack.Tally({"reorder", old, "--set", "NOPE:1"}).code == 2);
}

TEST_CASE("claim 10, 22: at a terminal, reorder asks for the changes") {
  Stack stack;
  stack.LoadProducts();
  const std::string old = stack.Order({"CHAI:2", "CHANG:1"});
  // The first of the list; CHAI 7, CHANG none; no product more; another address; terms; yes.
  const int code =
      stack.TallyAtTerminal({"reorder"}, "1\n7\n0\n\nBob; Street 2\nSOMEDAY\nON_DELIVERY\ny\n");
  INFO(ReadFile(stack.File("terminal.out")));
  REQUIRE(code == 0);
  const json list = stack.TallyJson({"list"}).json();
  REQUIRE(list["trades"].size() == 2);
  const json show = stack.TallyJson({"show", list["trades"][1]["trading_id"]}).json();
  REQUIRE(show["contents"]["lines"].size() == 1);
  REQUIRE(show["contents"]["lines"][0]["quantity"] == 7);
  REQUIRE(show["contents"]["ship_to"][0] == "Bob");
  REQUIRE(show["contents"]["terms"] == "ON_DELIVERY");
  // And the answer no orders nothing.
  REQUIRE(stack.TallyAtTerminal({"reorder", old}, "\n\n\n\n\nn\n") == 1);
  REQUIRE(stack.Tally({"reorder"}).code == 2);
  REQUIRE(stack.TallyJson({"list"}).json()["trades"].size() == 2);
}

TEST_CASE("claim 11, 21: each status comes from its own server, at the address handed out") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const json show = stack.TallyJson({"show", id}).json();
  REQUIRE(show["services"]["shopping"] == stack.address(0));
  REQUIRE(show["services"]["payment"] == stack.address(1));
  REQUIRE(show["services"]["delivery"] == stack.address(2));
  // Without the shop, the two others still answer for themselves.
  stack.StopServer("shopping");
  const TallyResult without = stack.TallyJson({"--timeout-ms", "1500", "track", id});
  REQUIRE(without.code == 4);
  REQUIRE(without.json()["payment"]["state"] == "CAPTURED");
  REQUIRE(without.json()["delivery"]["state"] == "DELIVERED");
  REQUIRE(absl::StrContains(stack.Tally({"--timeout-ms", "1500", "track", id}).out,
                            "no answer from shopping"));
}

TEST_CASE("claim 12, 13, 14: a status request to each server, with the trading id") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const std::pair<const char*, const char*> servers[] = {
      {"shopping", "order"}, {"payment", "payment"}, {"delivery", "delivery"}};
  for (const auto& [server, status] : servers) {
    CAPTURE(server);
    stack.StopServer(server);
    const TallyResult partial = stack.TallyJson({"--timeout-ms", "1500", "track", id});
    REQUIRE(partial.code == 4);
    REQUIRE(absl::StrContains(partial.json()["unreachable"][0].get<std::string>(), server));
    REQUIRE(absl::StrContains(stack.Tally({"--timeout-ms", "1500", "track", id}).out,
                              std::string("no answer from ") + server));
    stack.StartServer(server);
    REQUIRE(WaitUntil([&] { return stack.TallyJson({"track", id}).code == 0; }));
    REQUIRE(stack.Track(id)[status]["trading_id"] == id);
  }
}

TEST_CASE("claim 15, 23, 27: the shop follows all three statuses until all are complete") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:4", "--terms", "ON_DELIVERY"}, "SANDBOX-SPLIT");
  const TallyResult watched = stack.TallyJson({"track", id, "--watch"});
  REQUIRE(watched.code == 0);
  // Every revision of every service once, in order, the first ones perhaps before the watch began.
  std::map<std::string, int64_t> last;
  json trade;
  std::istringstream changes(watched.out);
  for (std::string line; std::getline(changes, line);) {
    trade = json::parse(line);
    REQUIRE(trade["warnings"].empty());
    if (!trade.contains("change")) {
      const std::pair<const char*, const char*> names[] = {
          {"shopping", "order"}, {"payment", "payment"}, {"delivery", "delivery"}};
      for (const auto& [service, status] : names) {
        if (trade[status].is_object()) last[service] = trade[status]["revision"];
      }
      continue;
    }
    const std::string service = trade["change"]["service"];
    REQUIRE(trade["change"]["revision"] == last[service] + 1);
    ++last[service];
  }
  REQUIRE(trade["order"]["state"] == "COMPLETED");
  REQUIRE(trade["payment"]["state"] == "CAPTURED");
  REQUIRE(trade["delivery"]["state"] == "DELIVERED");
  // One capture a shipment.
  REQUIRE(trade["payment"]["transactions"].size() == 3);
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "The three halves match."));
}

TEST_CASE("claim 16, 24: the shop looks the statuses up by trading id, and its word is checked") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.IsQuiet());
  // The shop's account of payment now says that more was captured:
  // OrderRecord.status.payment.captured.
  stack.postgres().Execute("shopping",
                           "UPDATE orders SET document = document || "
                           "'\\x12061a0452021007'::bytea WHERE trading_id = '" +
                               id + "'");
  const TallyResult warned = stack.TallyJson({"track", id});
  REQUIRE(warned.code == 3);
  const json answer = warned.json();
  REQUIRE(answer["warnings"][0]["rule"] == "WORD-1");
  REQUIRE(answer["warnings"][0]["evidence"]["service"] == "payment");
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "! WORD-1"));
}

TEST_CASE("claim 28: the shop asks delivery for delivery and payment for payment") {
  Stack stack({{"payment", {"--gateway", "manual"}}, {"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3"});
  // Both were asked, and both wait for people.
  const auto work = [&](const std::string& service) {
    const json answer = json::parse(stack.Back({"-o", "json", "ops", "work"}).out);
    for (const json& item : answer["work"]) {
      if (item["service"] == service && item["trading_id"] == id) return item;
    }
    return json();
  };
  REQUIRE(WaitUntil([&] { return !work("payment").is_null() && !work("delivery").is_null(); }));
  REQUIRE(work("payment")["description"] == "AUTHORIZE 62.68 USD, PENDING");
  REQUIRE(absl::StrContains(stack.Back({"ops", "work"}).out, "booking, PENDING"));
  // What is recorded is held against what it is.
  const TallyResult other = stack.Back({"ops", "capture", id, "1"});
  REQUIRE(other.code == 1);
  REQUIRE(other.err.find("transaction 1 is no CAPTURE, but AUTHORIZE PENDING") !=
          std::string::npos);
  REQUIRE(stack.Track(id)["payment"]["transactions"][0]["state"] == "PENDING");
  REQUIRE(stack.Back({"ops", "authorize", id, "1"}).code == 0);
  REQUIRE(stack.Back({"ops", "accept", id}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "PREPARING"; }));
  // Part of it leaves; the shop has that part paid.
  REQUIRE(stack.Back({"ops", "dispatch", id, "1", "CHAI:1", "--carrier", "Van", "--tracking", "T1"})
              .code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["payment"]["transactions"].size() == 2; }));
  const json trade = stack.Track(id);
  REQUIRE(trade["delivery"]["shipments"].size() == 2);
  REQUIRE(trade["delivery"]["shipments"][1]["tracking_number"] == "T1");
  REQUIRE(trade["payment"]["transactions"][1]["type"] == "CAPTURE");
  REQUIRE(trade["payment"]["transactions"][1]["amount"]["minor_units"] == 1926 + 490);
  REQUIRE(stack.Back({"ops", "capture", id, "2"}).code == 0);
  REQUIRE(stack.Back({"ops", "deliver", id, "2"}).code == 0);
  // The rest is lost: written off, and its authorization released.
  REQUIRE(stack.Back({"ops", "dispatch", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["payment"]["transactions"].size() == 3; }));
  REQUIRE(stack.Back({"ops", "decline", id, "3", "--reason", "limit"}).code == 0);
  REQUIRE(stack.Back({"ops", "fail", id, "1", "--reason", "lost"}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["payment"]["transactions"].size() == 4; }));
  REQUIRE(stack.Back({"ops", "void", id, "4"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.Track(id)["order"]["due"]["minor_units"] == 1926 + 490);
}

}  // namespace
}  // namespace tallystick::testing
