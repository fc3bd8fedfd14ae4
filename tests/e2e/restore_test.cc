// A database that was restored from an older dump, as docs/operations.md has it done.
#include "platform/transport/health_check.h"
#include "platform/transport/tls.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

bool Serves(const Stack& stack, size_t index) {
  return rpc::CheckHealth(stack.address(index), rpc::TrustAnybody(), absl::Seconds(5)).ok();
}

TEST_CASE("restore: --reconcile gives payment back what its dump lacks, and says so") {
  // The shop would notice by itself.
  Stack stack({{"shopping", {"--database-look-interval-ms", "86400000"}}});
  stack.LoadProducts();
  const std::string before = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(before, "COMPLETED"));
  stack.postgres().Dump("payment", stack.File("dump"));
  const std::string after = stack.Order({"CHANG:1"});
  REQUIRE(stack.TrackUntilState(after, "COMPLETED"));
  REQUIRE(stack.Tally({"return", before, "CHAI:1"}).code == 0);
  REQUIRE(stack.TrackUntil(before, [](const nlohmann::json& trade) {
    return trade["order"]["returns"][0]["state"] == "REFUNDED";
  }));
  const nlohmann::json refunded = stack.Track(before)["payment"];
  const nlohmann::json captured = stack.Track(after)["payment"];

  stack.StopServer("payment");
  stack.postgres().Restore("payment", stack.File("dump"));
  stack.StartServer("payment");
  REQUIRE(WaitUntil([&] { return Serves(stack, 1); }));
  // Nothing moves in either, so that nobody notices but who asks.
  REQUIRE(stack.Tally({"track", after}).code == 3);
  const TallyResult reconciled = stack.RunOnce("shopping", "--reconcile");
  INFO(reconciled.err);
  REQUIRE(reconciled.code == 0);
  REQUIRE(reconciled.err.find("given_back=2") != std::string::npos);
  REQUIRE(reconciled.err.find("for_a_person=0") != std::string::npos);
  for (const auto& [id, was] : {std::pair(before, refunded), std::pair(after, captured)}) {
    const nlohmann::json is = stack.Track(id)["payment"];
    CAPTURE(is.dump(), was.dump());
    for (const char* field : {"captured", "refunded", "transactions"}) {
      REQUIRE(is[field] == was[field]);
    }
  }
  REQUIRE(stack.Tally({"sync", "--all"}).code == 0);
  REQUIRE(stack.Back({"ops", "work"}).out.find(before) == std::string::npos);
}

TEST_CASE("restore: what payment lacks and what it is told meanwhile do not wait for each other") {
  Stack stack;
  stack.LoadProducts();
  const std::string before = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(before, "COMPLETED"));
  REQUIRE(stack.IsQuiet());
  stack.postgres().Dump("payment", stack.File("dump"));
  const std::string after = stack.Order({"CHANG:1"});
  REQUIRE(stack.TrackUntilState(after, "COMPLETED"));
  stack.StopServer("payment");
  REQUIRE(stack.Tally({"return", after, "CHANG:1"}).code == 0);
  REQUIRE(stack.Tally({"return", before, "CHAI:1"}).code == 0);
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask(
               "shopping", "SELECT count(*) FROM all_work WHERE queue = 1 AND number > 0") == "2";
  }));
  stack.postgres().Restore("payment", stack.File("dump"));
  stack.StartServer("payment");
  REQUIRE(WaitUntil([&] { return Serves(stack, 1); }));
  const TallyResult reconciled = stack.RunOnce("shopping", "--reconcile");
  INFO(reconciled.err);
  REQUIRE(reconciled.code == 0);
  for (const std::string& id : {before, after}) {
    REQUIRE(stack.TrackUntil(id, [](const nlohmann::json& trade) {
      return trade["order"]["returns"][0]["state"] == "REFUNDED";
    }));
  }
  REQUIRE(stack.Tally({"sync", "--all"}).code == 0);
}

}  // namespace
}  // namespace tallystick::testing
