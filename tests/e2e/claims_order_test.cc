// One scenario a claim, by the built binaries, as table and as JSON: ordering, asking, comparing,
// listing. What the claims are: docs/claims.md. The others are in claims_change_test.cc.
#include <set>
#include <sstream>

#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

TEST_CASE("claim 1, 17, 25: the trading information is stored, the statuses added to the trade") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2", "--reference", "PO-1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const json show = stack.TallyJson({"show", id}).json();
  REQUIRE(show["contents"]["reference"] == "PO-1");
  REQUIRE(show["services"]["payment"].get<std::string>().starts_with("127.0.0.1:"));
  for (const char* service : {"order", "payment", "delivery"}) {
    REQUIRE(show[service]["trading_id"] == id);
  }
  const std::string table = stack.Tally({"show", id}).out;
  REQUIRE(absl::StrContains(table, id));
  REQUIRE(absl::StrContains(table, "COMPLETED"));

  // An answer with another id is a warning, and is not added.
  const std::string other = stack.Order({"CHANG:1"});
  REQUIRE(stack.TrackUntilState(other, "COMPLETED"));
  stack.postgres().Execute("payment",
                           "UPDATE payments SET document = (SELECT document FROM payments WHERE "
                           "trading_id = '" +
                               id + "') WHERE trading_id = '" + other + "'");
  const TallyResult warned = stack.TallyJson({"track", other});
  REQUIRE(warned.code == 3);
  const json answer = warned.json();
  REQUIRE(answer["warnings"][0]["rule"] == "ID-1");
  REQUIRE(answer["warnings"][0]["evidence"]["answered"] == id);
  REQUIRE(absl::StrContains(stack.Tally({"track", other}).out, "! ID-1"));
  REQUIRE(stack.TallyJson({"show", other}).json()["payment"]["trading_id"] == other);
}

TEST_CASE("claim 2, 18, 26: erroneous conditions between order and statuses are warned of") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.IsQuiet());
  // Delivery's database now says another address: field 1 (status), field 9 (ship_to).
  stack.postgres().Execute("delivery",
                           "UPDATE deliveries SET document = document || "
                           "'\\x0a074a050a03466f6f'::bytea WHERE trading_id = '" +
                               id + "'");
  const TallyResult json_out = stack.TallyJson({"track", id});
  REQUIRE(json_out.code == 3);
  bool found = false;
  const json answer = json_out.json();
  for (const json& warning : answer["warnings"]) {
    found = found || warning["rule"] == "GOODS-5";
    REQUIRE_FALSE(warning["sentence"].get<std::string>().empty());
  }
  REQUIRE(found);
  const TallyResult table = stack.Tally({"track", id});
  REQUIRE(table.code == 3);
  REQUIRE(
      absl::StrContains(table.out, "! GOODS-5  delivery goes to another address than you ordered"));

  // Warnings are open, then acknowledged, then resolved.
  const json open = stack.TallyJson({"warnings"}).json();
  REQUIRE(open["warnings"].size() >= 1);
  REQUIRE(open["warnings"][0]["state"] == "open");
  for (const json& warning : open["warnings"]) {
    REQUIRE(stack.Tally({"warnings", "ack", std::to_string(warning["id"].get<int>())}).code == 0);
  }
  REQUIRE(stack.Tally({"track", id}).code == 0);
  REQUIRE(absl::StrContains(stack.Tally({"warnings"}).out, "acknowledged"));
  stack.postgres().Execute("delivery",
                           "UPDATE deliveries SET document = substr(document, 1, "
                           "length(document) - 9) WHERE trading_id = '" +
                               id + "'");
  // Two answers under one revision: what was found is resolved, but this stays until it is seen.
  for (int look = 0; look < 2; ++look) {
    const TallyResult again = stack.Tally({"track", id});
    REQUIRE(again.code == 3);
    REQUIRE(absl::StrContains(again.out, "HISTORY-2"));
    REQUIRE_FALSE(absl::StrContains(again.out, "The three halves match."));
  }
  REQUIRE(stack.Tally({"show", id, "--offline"}).code == 3);
  REQUIRE(stack.Tally({"list"}).code == 3);
  REQUIRE(stack.Tally({"sync"}).code == 3);
  const json left = stack.TallyJson({"warnings"}).json();
  for (const json& warning : left["warnings"]) {
    REQUIRE(warning["rule"] == "HISTORY-2");
    if (warning["state"] == "acknowledged") continue;
    REQUIRE(stack.Tally({"warnings", "ack", std::to_string(warning["id"].get<int>())}).code == 0);
  }
  REQUIRE(stack.Tally({"warnings"}).code == 0);
  REQUIRE(stack.Tally({"track", id}).code == 0);
  REQUIRE(stack.Tally({"list"}).code == 0);
  REQUIRE(absl::StrContains(stack.Tally({"warnings", "--all"}).out, "resolved"));
}

TEST_CASE("claim 3, 19: each request carries the trading id, and each answer is about it") {
  Stack stack;
  stack.LoadProducts();
  const std::string first = stack.Order({"CHAI:1"});
  const std::string second = stack.Order({"CHANG:1"});
  REQUIRE(stack.Tally({"track", first, second, "--watch"}).code == 0);
  const TallyResult both = stack.TallyJson({"track", first, second});
  std::istringstream lines(both.out);
  for (const std::string& id : {first, second}) {
    std::string line;
    std::getline(lines, line);
    const json trade = json::parse(line);
    REQUIRE(trade["trading_id"] == id);
    REQUIRE(trade["order"]["trading_id"] == id);
    REQUIRE(trade["payment"]["trading_id"] == id);
    REQUIRE(trade["delivery"]["trading_id"] == id);
  }
  const std::string table = stack.Tally({"track", first, second}).out;
  REQUIRE(absl::StrContains(table, first));
  REQUIRE(absl::StrContains(table, second));
}

TEST_CASE("claim 4, 20: the status at a time, also when interrupted and restarted in between") {
  Stack stack({}, "600");
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  const absl::Time begin = absl::Now();
  const TallyResult at = stack.TallyJson({"track", id, "--at", "+2s"});
  REQUIRE(at.code == 0);
  REQUIRE(absl::Now() - begin >= absl::Milliseconds(1900));
  const json snapshot = at.json();
  const std::string time = snapshot["receive_time"];
  for (const char* service : {"order", "payment", "delivery"}) {
    REQUIRE(snapshot[service]["update_time"].get<std::string>() <= time);
  }

  // Asked for, and interrupted long before; then all servers restart and everything goes on.
  const std::string later =
      absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now() + absl::Seconds(4), absl::UTCTimeZone());
  auto waiting = stack.StartTally({"track", id, "--at", later});
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("delivery", "SELECT count(*) FROM work WHERE queue = 9") == "1" &&
           stack.postgres().Ask("payment", "SELECT count(*) FROM work WHERE queue = 9") == "1" &&
           stack.postgres().Ask("shopping", "SELECT count(*) FROM work WHERE queue = 9") == "1";
  }));
  waiting->Kill();
  for (const char* server : {"shopping", "payment", "delivery"}) {
    stack.StopServer(server);
    stack.StartServer(server);
  }
  // Nobody waits for it, yet the snapshot is taken.
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("delivery", "SELECT count(*) FROM work WHERE queue = 9") == "0" &&
           stack.postgres().Ask("shopping", "SELECT count(*) FROM work WHERE queue = 9") == "0";
  }));
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const TallyResult taken = stack.TallyJson({"track", id, "--at", later});
  REQUIRE(taken.code == 0);
  const json then = taken.json();
  REQUIRE(then["receive_time"] == later);
  REQUIRE(then["delivery"]["update_time"].get<std::string>() <= later);
  // Ever the same.
  REQUIRE(stack.TallyJson({"track", id, "--at", later}).json() == then);
  const std::string table = stack.Tally({"track", id, "--at", later}).out;
  REQUIRE(absl::StrContains(table, "As of "));
  REQUIRE(absl::StrContains(table, then["delivery"]["state"]));
}

TEST_CASE("claim 5: all three statuses carry scheduled and completed dates") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--terms", "NET_30"});
  REQUIRE(stack.TrackUntil(id, [](const json& trade) { return trade["delivery"].is_object(); }));
  const json before = stack.Track(id);
  const std::string promised = before["delivery"]["schedule"]["scheduled_time"];
  REQUIRE(before["order"]["delivery_schedule"]["scheduled_time"] == promised);
  REQUIRE(before["payment"]["schedule"]["scheduled_time"].get<std::string>() > promised);
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "planned "));

  REQUIRE(stack.Back({"ops", "accept", id}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "PREPARING"; }));
  REQUIRE(stack.Back({"ops", "dispatch", id, "1"}).code == 0);
  REQUIRE(stack.Back({"ops", "deliver", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntil(id, [](const json& trade) {
    return !trade["order"]["delivery_schedule"]["completed_time"].is_null() &&
           !trade["payment"]["planned_captures"].empty();
  }));
  const json after = stack.Track(id);
  REQUIRE(after["delivery"]["schedule"]["completed_time"] ==
          after["order"]["delivery_schedule"]["completed_time"]);
  REQUIRE(after["payment"]["planned_captures"][0]["scheduled_time"] ==
          after["payment"]["schedule"]["scheduled_time"]);
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "delivered "));
}

TEST_CASE("claim 6: delivered apart from undelivered, settled apart from unsettled") {
  Stack stack;
  stack.LoadProducts();
  const std::string settled = stack.Order({"CHAI:1"});
  const std::string unsettled = stack.Order({"CHANG:1", "--terms", "NET_30"});
  REQUIRE(stack.TrackUntilState(settled, "COMPLETED"));
  REQUIRE(stack.TrackUntil(unsettled, [](const json& trade) {
    return trade["delivery"]["state"] == "DELIVERED" &&
           !trade["payment"]["planned_captures"].empty();
  }));
  const std::string undelivered = stack.Order({"CHAI:3"}, "SANDBOX-LOSE");
  const auto listed = [&](const std::string& flag) {
    std::set<std::string> ids;
    const json list = stack.TallyJson({"list", flag}).json();
    for (const json& trade : list["trades"]) ids.insert(trade["trading_id"]);
    return ids;
  };
  REQUIRE(listed("--delivered") == std::set<std::string>{settled, unsettled});
  REQUIRE(listed("--undelivered") == std::set<std::string>{undelivered});
  REQUIRE(listed("--settled").contains(settled));
  REQUIRE_FALSE(listed("--settled").contains(unsettled));
  REQUIRE(listed("--unsettled").contains(unsettled));
  const std::string table = stack.Tally({"list"}).out;
  for (const char* group :
       {"Undelivered, unsettled (1)", "Delivered, unsettled (1)", "Delivered, settled (1)"}) {
    REQUIRE(absl::StrContains(table, group));
  }
}

TEST_CASE("claim 7: the total of the unsettled trades, by currency, scheduled and overdue") {
  // Payment is planned some seconds after delivery, enough to look at that, and then fails.
  Stack stack({{"shopping", {"--net-30-period-ms", "15000"}}});
  stack.SetTally("TALLY_NET_30_PERIOD_MS", "15000");
  stack.LoadProducts();
  const std::string id =
      stack.Order({"CHAI:1", "--terms", "NET_30", "--payment-method", "pm_sandbox_capture_fails"});
  const int64_t total = 1800 + 126 + 490;
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return !trade["payment"]["planned_captures"].empty(); }));
  const json planned = stack.TallyJson({"list"}).json();
  REQUIRE(planned["owed"][0]["currency_code"] == "USD");
  REQUIRE(planned["owed"][0]["minor_units"] == total);
  REQUIRE(planned["owed"][0]["scheduled"] == total);
  REQUIRE(absl::StrContains(stack.Tally({"list"}).out, "Still owed  24.16 USD"));
  REQUIRE(stack.TrackUntil(id, [](const json& trade) {
    return trade["payment"]["transactions"].size() == 2 &&
           trade["payment"]["transactions"][1]["state"] == "FAILED";
  }));
  const json overdue = stack.TallyJson({"list"}).json();
  REQUIRE(overdue["owed"][0]["minor_units"] == total);
  REQUIRE(overdue["owed"][0]["overdue"] == total);
  REQUIRE(absl::StrContains(stack.Tally({"list"}).out, "24.16 USD overdue"));
}

TEST_CASE("claim 8: a warning when the unsettled total exceeds the limit") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.Tally({"limit", "set", "50.00 USD"}).code == 0);
  const std::string first = stack.Order({"CHAI:1", "--terms", "NET_30"});  // 24.16
  REQUIRE(stack.Tally({"list"}).code == 0);
  // Another one would exceed it: nothing is sent without --yes.
  const std::vector<std::string> second = {"order",  "CHANG:2", "--terms",
                                           "NET_30", "--to",    "Ann; X"};
  const TallyResult refused = stack.TallyJson(second);
  REQUIRE(refused.code == 3);
  REQUIRE(refused.json()["warnings"][0]["rule"] == "LIMIT-1");
  REQUIRE(absl::StrContains(refused.err, "nothing was ordered"));
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
  std::vector<std::string> meant = second;
  meant.push_back("--yes");
  REQUIRE(stack.Tally(meant).code == 0);
  const TallyResult list = stack.TallyJson({"list"});
  REQUIRE(list.code == 3);
  REQUIRE(list.json()["warnings"][0]["rule"] == "LIMIT-1");
  REQUIRE(absl::StrContains(stack.Tally({"list"}).out, "! LIMIT-1"));
  REQUIRE(stack.Tally({"limit", "clear"}).code == 0);
  REQUIRE(stack.Tally({"list"}).code == 0);
}

}  // namespace
}  // namespace tallystick::testing
