// What whoever runs the servers expects of them: one screen, one trace, SIGHUP, migrations.
#include <algorithm>
#include <csignal>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

const std::vector<std::string> kServers = {"shopping", "payment", "delivery"};

// What `tally ops status` says of one service.
json StatusOf(const TallyResult& result, const std::string& service) {
  INFO(result.out << result.err);
  const json all = result.json();
  for (const json& one : all["services"]) {
    if (one["service"] == service) return one;
  }
  return json::object();
}

json QueueOf(const json& status, const std::string& queue) {
  for (const json& one : status.value("queues", json::array())) {
    if (one["queue"] == queue) return one;
  }
  return json::object();
}

TEST_CASE("ops status: all three services are on one screen") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.TrackUntilState(stack.Order({"CHAI:1"}), "COMPLETED"));
  REQUIRE(WaitUntil([&] { return stack.IsQuiet(); }));
  const TallyResult screen = stack.Back({"ops", "status"});
  INFO(screen.out << screen.err);
  REQUIRE(screen.code == 0);
  for (const std::string& server : kServers) {
    REQUIRE(absl::StrContains(screen.out, "\n" + server + " "));
  }
  REQUIRE_FALSE(absl::StrContains(screen.out, "no answer"));
  const TallyResult result = stack.Back({"-o", "json", "ops", "status"});
  for (const std::string& server : kServers) {
    const json status = StatusOf(result, server);
    CAPTURE(server, status.dump());
    REQUIRE(status["answers"] == true);
    REQUIRE(status["ready"] == true);
    REQUIRE(status["version"] == "0.1.0");
    REQUIRE(status["peers"].size() == (server == "shopping" ? 2 : 1));
    REQUIRE_FALSE(status["queues"].empty());
    REQUIRE(status["certificate_days"]["public"] > 0);
    REQUIRE(status["certificate_days"]["internal-ca"] > 1000);
  }
  // It is the back office's.
  REQUIRE(stack.Tally({"--profile", "demo", "ops", "status"}).code == 5);
}

TEST_CASE("ops status: what does not answer or is not ready is shown and the exit code tells") {
  Stack stack;
  stack.LoadProducts();
  stack.StopServer("delivery");
  stack.Order({"CHAI:1"});
  const auto ask = [&](std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"-o", "json", "--retry-budget-ms", "0", "ops", "status"});
    return stack.Back(std::move(more));
  };
  // What cannot be told to delivery waits.
  REQUIRE(WaitUntil([&] {
    return QueueOf(StatusOf(ask(), "shopping"), "instructions to delivery").value("waiting", 0) >=
           1;
  }));
  const TallyResult without = ask();
  REQUIRE(without.code == 4);
  REQUIRE(StatusOf(without, "delivery")["answers"] == false);
  REQUIRE(StatusOf(without, "payment")["answers"] == true);
  REQUIRE(absl::StrContains(stack.Back({"ops", "status"}).out, "no answer"));
  stack.StartServer("delivery");
  REQUIRE(WaitUntil([&] { return ask().code == 0; }));
  // Without the shop nobody says where the others are.
  stack.StopServer("shopping");
  REQUIRE(StatusOf(ask(), "payment")["answers"] == false);
  const TallyResult known = ask({"--payment", stack.address(1), "--delivery", stack.address(2)});
  REQUIRE(known.code == 4);
  REQUIRE(StatusOf(known, "shopping")["answers"] == false);
  REQUIRE(StatusOf(known, "payment")["ready"] == true);
  stack.StartServer("shopping");
  REQUIRE(WaitUntil([&] { return ask().code == 0; }));
  stack.postgres().Stop();
  REQUIRE(WaitUntil([&] {
    const TallyResult result = ask({"--payment", stack.address(1)});
    return !StatusOf(result, "payment").value("database_answers", true);
  }));
  const TallyResult down = ask({"--payment", stack.address(1), "--delivery", stack.address(2)});
  REQUIRE(down.code != 0);
  REQUIRE(StatusOf(down, "payment")["ready"] == false);
  stack.postgres().Start();
  REQUIRE(WaitUntil([&] { return ask().code == 0; }));
}

}  // namespace
}  // namespace tallystick::testing
