// Cancellation in every state: early, in time, partly too late, too late, while payment has
// not answered (UNKNOWN: tests/integration/requests_test.cc), and of orders that have ended.
#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

std::string StockOfChai(Stack& stack) {
  return stack.postgres().Ask("shopping", "SELECT stock FROM products WHERE sku = 'CHAI'");
}

TEST_CASE("cancel: an ACCEPTED order, before anybody has answered") {
  Stack stack({{"payment", {"--gateway", "manual"}}, {"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3"});
  REQUIRE(StockOfChai(stack) == "97");
  const TallyResult canceled = stack.TallyJson({"cancel", id, "--reason", "changed my mind"});
  REQUIRE(canceled.code == 0);
  REQUIRE(canceled.json()["order"]["state"] == "CANCEL_PENDING");
  // Delivery is canceled and the stock is back; payment has yet to answer.
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "CANCELED"; }));
  REQUIRE(WaitUntil([&] { return StockOfChai(stack) == "100"; }));
  REQUIRE(stack.Track(id)["order"]["state"] == "CANCEL_PENDING");
  REQUIRE(stack.Back({"ops", "authorize", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "CANCELED"));
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["payment"]["transactions"].size() == 2; }));
  REQUIRE(stack.Back({"ops", "void", id, "2"}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["payment"]["state"] == "VOIDED"; }));
  REQUIRE(stack.Track(id)["order"]["due"]["minor_units"] == 0);
  // Once more changes nothing.
  REQUIRE(absl::StrContains(stack.Tally({"cancel", id}).out, "The order is CANCELED"));
}

TEST_CASE("cancel: a CONFIRMED order whose goods have not left") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3"});
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "accept", id}).code == 0; }));
  REQUIRE(stack.TrackUntilState(id, "CONFIRMED"));
  REQUIRE(stack.Tally({"cancel", id}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "CANCELED"));
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["payment"]["state"] == "VOIDED"; }));
  REQUIRE(StockOfChai(stack) == "100");
  REQUIRE(stack.TallyJson({"list"}).json()["owed"][0]["minor_units"] == 0);
}

TEST_CASE("cancel: too late for a part, which goes on, in time for the rest") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3"});
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "accept", id}).code == 0; }));
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "PREPARING"; }));
  REQUIRE(stack.Back({"ops", "dispatch", id, "1", "CHAI:1"}).code == 0);
  REQUIRE(stack.Tally({"cancel", id}).code == 0);
  REQUIRE(stack.TrackUntil(id, [](const json& trade) {
    return absl::StrContains(trade["order"]["reason"], "too late to cancel: shipment 2 had left");
  }));
  REQUIRE(stack.Track(id)["order"]["state"] == "CONFIRMED");
  REQUIRE(StockOfChai(stack) == "99");
  REQUIRE(stack.Back({"ops", "deliver", id, "2"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.Track(id)["payment"]["captured"]["minor_units"] == 1926 + 490);
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "WRITTEN_OFF"));
}

TEST_CASE("cancel: what is shown before it is asked is what the services say now") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3"});
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "accept", id}).code == 0; }));
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "dispatch", id, "1", "CHAI:1"}).code == 0; }));
  // The ledger has heard of none of it.
  const std::vector<std::string> dry{"cancel", id, "--dry-run"};
  const TallyResult fresh = stack.Tally(dry);
  CAPTURE(fresh.out, fresh.err);
  REQUIRE(fresh.code == 0);
  REQUIRE(absl::StrContains(fresh.out, "Not left    2 CHAI\n"));
  REQUIRE(absl::StrContains(fresh.err, "only the shop can decide what has not left"));
  // Who is silent is named, and what is shown is as old as it is.
  stack.StopServer("delivery");
  const TallyResult old = stack.Tally(dry);
  CAPTURE(old.out, old.err);
  REQUIRE(old.code == 0);
  REQUIRE(absl::StrContains(old.err, "? no answer from delivery at " + stack.address(2)));
  REQUIRE(absl::StrContains(old.out, "Not left    2 CHAI, as seen "));
  REQUIRE(stack.TallyAtTerminal({"cancel", id}, "n\n") == 1);
  REQUIRE(absl::StrContains(ReadFile(stack.File("terminal.out")), "? no answer from delivery at "));
  // The request itself goes to the shop.
  stack.StopServer("shopping");
  REQUIRE(stack.Tally(dry).code == 4);
  REQUIRE(stack.TallyJson(dry).json()["unreachable"].size() >= 2);
}

TEST_CASE("cancel, return: a dry run says no where the shop would refuse it") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:3", "CHANG:1"});
  const auto ends_alike = [&](std::vector<std::string> words, const std::string& reason) {
    const TallyResult real = stack.TallyJson(words);
    words.emplace_back("--dry-run");
    const TallyResult dry = stack.TallyJson(words);
    CAPTURE(reason, real.out, dry.out);
    REQUIRE(dry.code == 1);
    REQUIRE(real.code == dry.code);
    REQUIRE(dry.json()["reason"] == reason);
    REQUIRE(real.json()["error"]["reason"] == reason);
    REQUIRE(real.json()["error"]["message"] == dry.json()["error"]);
    REQUIRE(absl::StrContains(stack.Tally(words).err, "✗ the shop would refuse this: "));
  };
  ends_alike({"return", id, "CHAI:1"}, "ORDER_STATE");
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "accept", id}).code == 0; }));
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "dispatch", id, "1", "CHAI:2"}).code == 0; }));
  REQUIRE(stack.Back({"ops", "deliver", id, "2"}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["order"]["lines"][0]["delivered"] == 2; }));
  REQUIRE(stack.Tally({"return", id, "CHAI:2", "--dry-run"}).code == 0);
  ends_alike({"return", id, "CHAI:3"}, "NOT_RETURNABLE");
  ends_alike({"return", id, "NOPE:1"}, "UNKNOWN_SKU");
  ends_alike({"return", id, "CHAI:1", "CHAI:1"}, "INVALID_FIELD");
  ends_alike({"return", id, "CHAI:1", "--reason", std::string(201, 'x')}, "INVALID_FIELD");
  REQUIRE(stack.Tally({"return", id, "CHAI:2"}).code == 0);
  ends_alike({"return", id, "CHAI:1"}, "NOT_RETURNABLE");
  REQUIRE(stack.Back({"ops", "dispatch", id, "1"}).code == 0);
  REQUIRE(stack.Back({"ops", "deliver", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  ends_alike({"cancel", id}, "NOT_CANCELABLE");
}

TEST_CASE("cancel: too late altogether, and of orders that have ended") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "accept", id}).code == 0; }));
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "PREPARING"; }));
  REQUIRE(stack.Back({"ops", "dispatch", id, "1"}).code == 0);
  REQUIRE(stack.Tally({"cancel", id}).code == 0);
  REQUIRE(stack.TrackUntil(id, [](const json& trade) {
    return trade["order"]["reason"] == "too late to cancel: shipment 1 had left";
  }));
  REQUIRE(stack.Back({"ops", "deliver", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const TallyResult late = stack.TallyJson({"cancel", id});
  REQUIRE(late.code == 1);
  REQUIRE(late.json()["error"]["reason"] == "NOT_CANCELABLE");
  REQUIRE(late.json()["error"]["values"]["state"] == "COMPLETED");

  const std::string declined = stack.Order({"CHAI:1", "--payment-method", "pm_sandbox_declined"});
  REQUIRE(stack.TrackUntilState(declined, "REJECTED"));
  REQUIRE(stack.TallyJson({"cancel", declined}).json()["error"]["values"]["state"] == "REJECTED");
}

TEST_CASE("cancel: while payment has not answered, which a person decides") {
  Stack stack({{"payment", {"--gateway", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntil(id, [](const json& trade) { return trade["payment"].is_object(); }));
  REQUIRE(stack.Tally({"cancel", id}).code == 0);
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "CANCELED"; }));
  REQUIRE(stack.Track(id)["order"]["state"] == "CANCEL_PENDING");
  REQUIRE(stack.Back({"ops", "decline", id, "1", "--reason", "no answer"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "CANCELED"));
  REQUIRE(stack.Track(id)["payment"]["state"] == "DECLINED");
  REQUIRE(stack.TallyJson({"list"}).json()["owed"][0]["minor_units"] == 0);
}

TEST_CASE("cancel: a request whose answer was lost is sent again by sync, once") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  stack.StopServer("shopping");
  REQUIRE(stack.Tally({"--timeout-ms", "500", "cancel", id}).code == 4);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return stack.Tally({"sync"}).code == 0; }));
  REQUIRE(stack.TrackUntilState(id, "CANCELED"));
  REQUIRE(stack.Tally({"sync"}).code == 0);
}

TEST_CASE("cancel: that sync finds it too late is an answer, and no failure") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(WaitUntil([&] { return stack.Back({"ops", "accept", id}).code == 0; }));
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["delivery"]["state"] == "PREPARING"; }));
  stack.StopServer("shopping");
  REQUIRE(stack.Tally({"--timeout-ms", "500", "cancel", id}).code == 4);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return stack.Tally({"products"}).code == 0; }));
  REQUIRE(stack.Back({"ops", "dispatch", id, "1"}).code == 0);
  REQUIRE(stack.Back({"ops", "deliver", id, "1"}).code == 0);
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const TallyResult synced = stack.TallyJson({"sync"});
  CAPTURE(synced.out, synced.err);
  REQUIRE(synced.code == 0);
  REQUIRE(synced.json()["requests_refused"] == 1);
  REQUIRE(absl::StrContains(synced.err, id));
  REQUIRE(absl::StrContains(synced.err, "refused"));
  REQUIRE(stack.TallyJson({"sync"}).json()["requests_refused"] == 0);
}

}  // namespace
}  // namespace tallystick::testing
