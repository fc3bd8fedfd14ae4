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
