// tally track --watch: in place on a terminal, one JSON object a change, across restarts of
// servers.
#include <sstream>

#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// The revisions of each service that a watch printed, in order; checks that none is lost or comes
// twice after the first line, which tells where each began.
std::map<std::string, int64_t> CheckRevisions(const std::string& out) {
  std::map<std::string, int64_t> last = {{"shopping", 0}, {"payment", 0}, {"delivery", 0}};
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    const json trade = json::parse(line);
    CAPTURE(line);
    REQUIRE(trade["warnings"].empty());
    if (trade.contains("change")) {
      const std::string service = trade["change"]["service"];
      REQUIRE(trade["change"]["revision"] == last[service] + 1);
      ++last[service];
    } else {
      const std::pair<const char*, const char*> names[] = {
          {"shopping", "order"}, {"payment", "payment"}, {"delivery", "delivery"}};
      for (const auto& [service, status] : names) {
        if (trade[status].is_object()) last[service] = trade[status]["revision"];
      }
    }
  }
  return last;
}

TEST_CASE("watch: a server that restarts in between loses and repeats nothing") {
  Stack stack({}, "250");
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"}, "SANDBOX-SPLIT");
  auto watch = stack.StartTally({"-o", "json", "track", id, "--watch"});
  // Each server is killed once while it is being watched.
  const std::pair<const char*, const char*> servers[] = {
      {"payment", "AUTHORIZED"}, {"delivery", "IN_TRANSIT"}, {"shopping", "CAPTURED"}};
  for (const auto& [server, seen] : servers) {
    CAPTURE(server);
    REQUIRE(WaitUntil(
        [&] { return ReadFile(stack.File("tally.out")).find(seen) != std::string::npos; }));
    stack.server(server).Kill();
    stack.StartServer(server);
  }
  REQUIRE(watch->Wait() == 0);
  const std::string out = ReadFile(stack.File("tally.out"));
  const auto last = CheckRevisions(out);
  const json end = stack.Track(id);
  REQUIRE(end["order"]["state"] == "COMPLETED");
  REQUIRE(last.at("shopping") == end["order"]["revision"]);
  REQUIRE(last.at("payment") == end["payment"]["revision"]);
  REQUIRE(last.at("delivery") == end["delivery"]["revision"]);
}

TEST_CASE("watch: a terminal is redrawn in place, a pipe is not") {
  Stack stack({}, "50");
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TallyAtTerminal({"track", id, "--watch"}, "") == 0);
  const std::string drawn = ReadFile(stack.File("terminal.out"));
  REQUIRE(drawn.find("\x1b[J") != std::string::npos);  // clears what was drawn
  REQUIRE(drawn.find("The three halves match.") != std::string::npos);
  const std::string other = stack.Order({"CHAI:1"}, "Street 2");
  const TallyResult piped = stack.Tally({"track", other, "--watch"});
  REQUIRE(piped.code == 0);
  REQUIRE(piped.out.find('\x1b') == std::string::npos);
}

TEST_CASE("watch: the timeline of show has every change, also those that nobody saw") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const json show = stack.TallyJson({"show", id}).json();
  std::map<std::string, int64_t> last;
  std::string changed;
  for (const json& entry : show["observations"]) {
    REQUIRE(entry["update_time"].get<std::string>() >= changed);
    changed = entry["update_time"];
    const std::string service = entry["service"];
    REQUIRE(entry["revision"] == last[service] + 1);
    ++last[service];
  }
  REQUIRE(last["shopping"] == show["order"]["revision"]);
  REQUIRE(last["payment"] == show["payment"]["revision"]);
  REQUIRE(last["delivery"] == show["delivery"]["revision"]);
}

TEST_CASE("watch: another tally on the same ledger sees more meanwhile, and neither warns") {
  Stack stack({{"payment", {"--gateway", "manual"}}, {"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  const auto ops = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "ops");
    arguments.insert(arguments.begin() + 2, id);
    REQUIRE(WaitUntil([&] { return stack.Back(arguments).code == 0; }));
  };
  REQUIRE(WaitUntil([&] { return stack.Tally({"track", id}).code == 0; }));
  Process watch({std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally", "-o", "json", "track",
                 id, "--watch"},
                Environment{{"TALLY_LEDGER", stack.File("ledger.db")}}, stack.File("watch.out"),
                stack.File("watch.err"));
  REQUIRE(WaitUntil([&] { return !ReadFile(stack.File("watch.out")).empty(); }));
  // The watch stands still while the trade runs to its end and another look writes that down.
  watch.Signal(SIGSTOP);
  ops({"authorize", "1"});
  ops({"accept"});
  ops({"dispatch", "1"});
  ops({"capture", "2"});
  ops({"deliver", "1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  watch.Signal(SIGCONT);
  REQUIRE(watch.Wait() == 0);
  CheckRevisions(ReadFile(stack.File("watch.out")));
  REQUIRE(stack.Tally({"track", id}).code == 0);
}

}  // namespace
}  // namespace tallystick::testing
