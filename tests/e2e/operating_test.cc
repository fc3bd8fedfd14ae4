// What whoever runs the servers expects of them: one screen, one trace, SIGHUP, migrations.
#include <algorithm>
#include <csignal>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "platform/ids/uuid.h"
#include "tallystick/v1/shopping.grpc.pb.h"
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
  const TallyResult buyers = stack.Tally({"--profile", "demo", "-o", "json", "ops", "status"});
  REQUIRE(buyers.code == 5);
  REQUIRE(StatusOf(buyers, "shopping")["why"] == "refused");
  REQUIRE(StatusOf(buyers, "payment")["why"] == "not asked");
  const TallyResult shown = stack.Tally({"--profile", "demo", "ops", "status"});
  INFO(shown.out << shown.err);
  REQUIRE(absl::StrContains(shown.out, "\nshopping  refused"));
  REQUIRE(absl::StrContains(shown.out, "\ndelivery  not asked"));
  // The one that refuses says so, and of the others is said why they were not asked.
  REQUIRE(absl::StrContains(shown.err, "does not let you in"));
  REQUIRE(absl::StrContains(shown.err, "delivery was not asked"));
}

TEST_CASE("ops changes: what became of all trades, from where a run ended, and as it goes on") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(WaitUntil([&] { return stack.IsQuiet(); }));
  const TallyResult lines = stack.Back({"ops", "changes"});
  INFO(lines.out << lines.err);
  REQUIRE(lines.code == 0);
  REQUIRE(std::to_string(std::ranges::count(lines.out, '\n')) ==
          stack.postgres().Ask("shopping", "SELECT count(*) FROM history"));
  REQUIRE(absl::StrContains(lines.out, id + "  1  ACCEPTED  alice\n"));
  REQUIRE(absl::StrContains(lines.out, "COMPLETED"));
  REQUIRE(absl::StrContains(lines.err, "what comes after: --cursor c1."));
  for (const std::string& server : kServers) {
    const TallyResult result = stack.Back({"-o", "json", "ops", "changes", server});
    INFO(result.out << result.err);
    REQUIRE(result.code == 0);
    const json message = result.json();
    REQUIRE(std::to_string(message["changes"].size()) ==
            stack.postgres().Ask(server, "SELECT count(*) FROM history"));
    REQUIRE(message["changes"][0]["status"]["revision"] == 1);
    const std::string cursor = message["cursor"];
    const TallyResult after =
        stack.Back({"-o", "json", "ops", "changes", server, "--cursor", cursor});
    REQUIRE(after.json()["changes"].empty());
    const TallyResult since = stack.Back({"-o", "json", "ops", "changes", server, "--since", "1h"});
    REQUIRE(since.json()["changes"].size() == message["changes"].size());
  }
  auto follower = stack.StartTally({"--profile", "back", "ops", "changes", "--follow"});
  const auto shown = [&] { return ReadFile(stack.File("tally.out")); };
  REQUIRE(WaitUntil([&] { return absl::StrContains(shown(), id); }));
  // (By the services themselves: another tally would write into the same file.)
  v1::PlaceOrderRequest request;
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  request.add_items()->set_sku("CHANG");
  request.mutable_items(0)->set_quantity(1);
  request.mutable_ship_to()->add_lines("Ann");
  request.set_payment_method("pm_sandbox_ok");
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + Keys::Get().Token("alice"));
  v1::PlaceOrderResponse placed;
  REQUIRE(v1::ShoppingService::NewStub(Keys::Get().BuyerChannel(stack.shopping_address()))
              ->PlaceOrder(&context, request, &placed)
              .ok());
  REQUIRE(WaitUntil(
      [&] { return absl::StrContains(shown(), placed.information().contents().trading_id()); }));
  follower->Kill();
  REQUIRE(stack.Tally({"--profile", "demo", "ops", "changes"}).code == 5);
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
  // In words, with what the programs call it only for those who want that.
  const TallyResult words = stack.Back({"ops", "status"});
  CAPTURE(words.out, words.err);
  REQUIRE(absl::StrContains(words.out, "no answer"));
  const std::string said = "tally: no answer from delivery of the shop 'back' at " +
                           stack.address(2) + ": nothing listens there (connection refused)\n";
  REQUIRE(absl::StrContains(words.err, said));
  for (const std::string& text : {words.out, words.err}) {
    REQUIRE_FALSE(absl::StrContains(text, "failed to connect"));
  }
  const TallyResult verbose = stack.Back({"-v", "ops", "status"});
  REQUIRE(absl::StrContains(verbose.err, said + "  UNAVAILABLE"));
  stack.StartServer("delivery");
  REQUIRE(WaitUntil([&] { return ask().code == 0; }));
  // Without the shop nobody says where the others are.
  stack.StopServer("shopping");
  REQUIRE(StatusOf(ask(), "payment")["answers"] == false);
  const std::string once = stack.Back({"ops", "status"}).err;
  REQUIRE(absl::StrContains(once, "no answer from the shop 'back'"));
  REQUIRE(once.find("no answer from") == once.rfind("no answer from"));
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

// The lines of a server's log that have `text`, each as JSON.
std::vector<json> LinesWith(const Stack& stack, const std::string& server,
                            const std::string& text) {
  std::vector<json> lines;
  const std::string log = stack.Log(server);
  for (const absl::string_view line : absl::StrSplit(log, '\n')) {
    if (!absl::StrContains(line, text)) continue;
    const json read = json::parse(std::string(line), nullptr, false);
    if (!read.is_discarded()) lines.push_back(read);
  }
  return lines;
}

// Whether one of them is about `field` as it is to be.
bool Has(const std::vector<json>& lines, const std::string& field, const std::string& value) {
  return std::ranges::any_of(lines,
                             [&](const json& line) { return line.value(field, "") == value; });
}

const std::vector<std::string> kTold = {"--access-log", "--log-format", "json"};

TEST_CASE("trace: one id follows a trade through the logs of all three services") {
  Stack stack({{"shopping", kTold}, {"payment", kTold}, {"delivery", kTold}});
  stack.LoadProducts();
  const TallyResult ordered =
      stack.Tally({"-v", "-o", "json", "order", "CHAI:1", "--to", "Ann Example; Street 1"});
  REQUIRE(ordered.code == 0);
  const std::string id = ordered.json()["trades"][0]["contents"]["trading_id"];
  const std::vector<std::string> words = absl::StrSplit(ordered.err, absl::ByAnyChar(" \n"));
  const auto at = std::ranges::find(words, "trace");
  REQUIRE(words.end() - at > 1);
  const std::string trace = *(at + 1);
  REQUIRE(trace.size() == 32);
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const auto becomes = [&](const std::string& server, const std::string& field,
                           const std::string& value) {
    CAPTURE(server, value);
    return WaitUntil([&] { return Has(LinesWith(stack, server, trace), field, value); });
  };
  REQUIRE(becomes("shopping", "event", "order placed"));
  REQUIRE(becomes("payment", "kind", "PaymentInstruction"));
  REQUIRE(becomes("delivery", "kind", "DeliveryInstruction"));
  REQUIRE(becomes("shopping", "kind", "Report"));
  // All of it is about that trade, and what payment and delivery did later, too.
  size_t reports = 0;
  for (const std::string& server : kServers) {
    for (const json& line : LinesWith(stack, server, trace)) {
      CAPTURE(line.dump());
      if (line["event"] == "message" || line["event"] == "order placed") {
        REQUIRE(line["trading_id"] == id);
      }
      if (line["event"] == "message" && server == "shopping") ++reports;
    }
  }
  REQUIRE(reports >= 4);  // opened, authorized, captured; booked, on its way, delivered
  // Each call has a line: who made it, and how it went.
  const std::vector<json> calls = LinesWith(stack, "shopping", "\"call\"");
  REQUIRE(std::ranges::any_of(calls, [](const json& call) {
    return call["caller"] == "alice" && call["code"] == "OK" && call.contains("ms") &&
           absl::StrContains(std::string(call["rpc"]), "BatchPlaceOrders") &&
           call["items"] == "1" && call["failed"] == "0" && call["worst"] == "OK";
  }));
  REQUIRE(std::ranges::all_of(
      calls, [](const json& call) { return absl::StartsWith(std::string(call["rpc"]), "/"); }));
  // Another command is another trace.
  REQUIRE(stack.Tally({"-v", "products"}).code == 0);
  REQUIRE_FALSE(absl::StrContains(ReadFile(stack.File("tally.err")), trace));
}

TEST_CASE("settings: what is wrong with them is in the log, in the format of the log") {
  Stack stack({{"shopping", {"--log-format", "json"}}});
  for (const std::string wrong : {"--max-bach=1", "--database-password-file=nowhere"}) {
    CAPTURE(wrong);
    const TallyResult result = stack.RunOnce("shopping", wrong);
    INFO(result.err);
    REQUIRE(result.code == 2);
    const json line = json::parse(result.err);
    REQUIRE(line["level"] == "error");
    REQUIRE(line["event"] == "cannot start");
    REQUIRE(absl::StrContains(std::string(line["reason"]), wrong.substr(wrong.find('=') + 1)));
  }
}

TEST_CASE("trace: without the access log no call has a line, and an order still its trace") {
  Stack stack({{"shopping", {"--log-format", "json"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(WaitUntil([&] { return !LinesWith(stack, "shopping", id).empty(); }));
  const std::vector<json> placed = LinesWith(stack, "shopping", id);
  REQUIRE(std::string(placed.front()["trace_id"]).size() == 32);
  stack.server("shopping").Signal(SIGTERM);
  REQUIRE(stack.server("shopping").Wait() == 0);
  REQUIRE(LinesWith(stack, "shopping", "\"event\":\"call\"").empty());
  REQUIRE(LinesWith(stack, "shopping", "\"event\":\"message\"").empty());
}

TEST_CASE("SIGHUP: the log's level is read anew, and it is said what is not") {
  const TempFolder folder;
  const std::string config = folder / "shopping.conf";
  const auto write = [&](const std::string& text) { std::ofstream(config) << text; };
  write("log-level = info\nmax-batch = 64\n");
  Stack stack({{"shopping", {"--config", config, "--max-queue", "5000"}}});
  stack.LoadProducts();
  const auto hang_up = [&](const std::string& said) {
    const auto count = [&] {
      const std::vector<std::string> parts = absl::StrSplit(stack.Log("shopping"), said);
      return parts.size();
    };
    const size_t before = count();
    stack.server("shopping").Signal(SIGHUP);
    return WaitUntil([&] { return count() > before; });
  };
  const auto is_logged = [&](const std::string& id) {
    return absl::StrContains(stack.Log("shopping"), id);
  };
  REQUIRE(
      hang_up("reloaded  log_level=info  by_themselves=keys, certificates  "
              "at_next_start=nothing"));
  // (What a flag says, no file changes.)
  write("log-level = warn\nmax-batch = 32\nmax-queue = 1\n");
  REQUIRE(
      hang_up("reloaded  log_level=warn  by_themselves=keys, certificates  "
              "at_next_start=max-batch\n"));
  const std::string silent = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(silent, "COMPLETED"));
  write("log-level = loud\n");
  REQUIRE(hang_up("not reloaded"));
  write("max-batch = 64\n");
  REQUIRE(hang_up("reloaded  log_level=info"));
  const std::string told = stack.Order({"CHAI:1"});
  REQUIRE(WaitUntil([&] { return is_logged(told); }));
  REQUIRE_FALSE(is_logged(silent));
  stack.server("shopping").Signal(SIGTERM);
  REQUIRE(stack.server("shopping").Wait() == 0);
}

TEST_CASE("migrations: what is applied is listed, and what is to come is printed and not done") {
  Stack stack;
  for (const std::string& server : kServers) {
    CAPTURE(server);
    const auto count = [&] {
      return stack.postgres().Ask(server, "SELECT count(*) FROM schema_migrations");
    };
    const TallyResult all = stack.RunOnce(server, "--migrate-list");
    INFO(all.out << all.err);
    REQUIRE(all.code == 0);
    REQUIRE(absl::StrContains(all.out, "002_"));
    REQUIRE(absl::StrContains(all.out, " applied 20"));
    REQUIRE_FALSE(absl::StrContains(all.out, "to come"));
    const TallyResult nothing = stack.RunOnce(server, "--migrate-dry-run");
    REQUIRE(nothing.code == 0);
    REQUIRE(nothing.out == "-- nothing is to come\n");

    stack.postgres().Execute(server, "DELETE FROM schema_migrations WHERE version > 2");
    const std::string before = count();
    const TallyResult some = stack.RunOnce(server, "--migrate-list");
    REQUIRE(some.code == 0);
    REQUIRE(absl::StrContains(some.out, " to come\n"));
    const TallyResult dry = stack.RunOnce(server, "--migrate-dry-run");
    INFO(dry.out);
    REQUIRE(dry.code == 0);
    // (After what the run before has written.)
    REQUIRE(absl::StartsWith(dry.out, nothing.out + "BEGIN;\n-- 003_"));
    REQUIRE(absl::StrContains(dry.out, "INSERT INTO schema_migrations VALUES (3, '003_"));
    REQUIRE(absl::EndsWith(dry.out, "COMMIT;\n"));
    REQUIRE(count() == before);

    stack.postgres().Execute(server,
                             "INSERT INTO schema_migrations VALUES (999, '999_later', now())");
    const TallyResult ahead = stack.RunOnce(server, "--migrate-list");
    REQUIRE(ahead.code == 1);
    REQUIRE(absl::StrContains(ahead.out, "by a newer server"));
  }
}

}  // namespace
}  // namespace tallystick::testing
