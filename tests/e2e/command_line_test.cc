// What somebody meets who types something: help, what was meant, short names, and a list that fits.
#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

TEST_CASE("command line: help in all its forms, and the nearest of what is unknown") {
  Stack stack;
  const TallyResult bare = stack.Tally({});
  REQUIRE(bare.code == 0);
  REQUIRE(absl::StrContains(bare.out, "tally order CHAI:12"));
  REQUIRE(stack.Tally({"help", "order"}).out == stack.Tally({"order", "--help"}).out);
  REQUIRE(stack.Tally({"help"}).out == stack.Tally({"--help"}).out);
  REQUIRE(stack.Tally({"version"}).out == stack.Tally({"--version"}).out);
  const TallyResult unknown = stack.Tally({"trak", "x"});
  REQUIRE(unknown.code == 2);
  REQUIRE(absl::StrContains(unknown.err, "no command 'trak'; did you mean track?"));
  REQUIRE(absl::StrContains(stack.Tally({"list", "--undeliverd"}).err,
                            "tally list has no --undeliverd; did you mean --undelivered?"));
  REQUIRE(absl::StrContains(stack.Tally({"ops", "captur", "x"}).err, "did you mean capture?"));
  const TallyResult json_error = stack.TallyJson({"trak"});
  REQUIRE(json_error.code == 2);
  REQUIRE(json_error.json()["error"]["reason"] == "USAGE");
}

TEST_CASE("command line: a trade has a number, and what is ambiguous names its candidates") {
  Stack stack;
  stack.LoadProducts();
  const std::string first = stack.Order({"CHAI:1", "--reference", "PO-1"});
  const std::string second = stack.Order({"CHAI:2"});
  REQUIRE(stack.TallyJson({"track", "1"}).json()["trading_id"] == first);
  REQUIRE(stack.TallyJson({"track", "#2"}).json()["trading_id"] == second);
  REQUIRE(stack.TallyJson({"list"}).json()["trades"][1]["number"] == 2);
  REQUIRE(stack.Tally({"track", "#3"}).code == 1);
  // Ids that were made in the same moment begin alike.
  const TallyResult several = stack.Tally({"show", first.substr(0, 4)});
  REQUIRE(several.code == 1);
  REQUIRE(absl::StrContains(several.err, "#1 PO-1 at "));
  REQUIRE(absl::StrContains(several.err, "#2 at "));
  // A reference is what the buyer calls a trade, whatever else is called so.
  const std::string third = stack.Order({"CHAI:3", "--reference", "2"});
  REQUIRE(stack.TallyJson({"track", "2"}).json()["trading_id"] == third);
  REQUIRE(stack.TallyJson({"track", "#2"}).json()["trading_id"] == second);
}

TEST_CASE("command line: the list folds what is done, and finds what is asked for") {
  Stack stack;
  stack.LoadProducts();
  REQUIRE(stack.Tally({"export"}).out.find("trading_id,shop,") == 0);
  const std::string done = stack.Order({"CHAI:1", "--reference", "PO-1"});
  REQUIRE(stack.TrackUntilState(done, "COMPLETED"));
  const std::string open = stack.Order({"CHANG:1", "--terms", "NET_30", "--reference", "PO-2"});
  const TallyResult list = stack.Tally({"list"});
  REQUIRE(absl::StrContains(list.out, "1 done: tally list --all shows them"));
  REQUIRE_FALSE(absl::StrContains(list.out, "PO-1"));
  REQUIRE(absl::StrContains(list.out, "PO-2"));
  REQUIRE(absl::StrContains(stack.Tally({"list", "--all"}).out, "PO-1"));
  REQUIRE(absl::StrContains(stack.Tally({"ls", "--settled"}).out, "PO-1"));
  REQUIRE(stack.Tally({"-o", "name", "list"}).out == done + "\n" + open + "\n");
  REQUIRE(absl::StrContains(stack.Tally({"-o", "wide", "list", "--all"}).out, done));
  REQUIRE(stack.TallyJson({"list", "--since", "1h"}).json()["trades"].size() == 2);
  REQUIRE(stack.TallyJson({"list", "--since", "2100-01-01"}).json()["trades"].empty());
  REQUIRE(stack.Tally({"list", "--since", "whenever"}).code == 2);
  REQUIRE(stack.TallyJson({"list", "--shop", "demo"}).json()["trades"].size() == 2);
  REQUIRE(stack.TallyJson({"list", "--shop", "back"}).json()["trades"].empty());
  const TallyResult no_shop = stack.TallyJson({"list", "--shop", "dmeo"});
  REQUIRE(no_shop.code == 1);
  REQUIRE(no_shop.json()["error"]["code"] == "NOT_FOUND");
  REQUIRE(absl::StrContains(no_shop.err, "no shop is called 'dmeo'; did you mean demo?"));
  REQUIRE(absl::StrContains(stack.Tally({"--profile", "dmeo", "products"}).err, "mean demo?"));
  // Trades stay under the name of a shop that is forgotten.
  REQUIRE(stack.Tally({"shop", "remove", "demo"}).code == 0);
  REQUIRE(stack.TallyJson({"list", "--shop", "demo"}).json()["trades"].size() == 2);
  REQUIRE(stack.Tally({"export", "--to", "-"}).out == stack.Tally({"export"}).out);
  REQUIRE(stack.Tally({"limit", "set", "50 usd"}).code == 0);
  REQUIRE(stack.Tally({"limit", "clear", "usd"}).code == 0);
  REQUIRE(stack.Tally({"limit", "clear", "usd"}).code == 1);
}

TEST_CASE("command line: a watch that goes into a pipe says each change on one line") {
  Stack stack({}, "50");
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--reference", "PO-1"});
  const TallyResult watched = stack.Tally({"track", id, "--watch"});
  REQUIRE(watched.code == 0);
  // The way is drawn at the beginning and at the end, and not once a change.
  size_t drawn = 0;
  for (size_t at = 0; (at = watched.out.find("next: ", at)) != std::string::npos; ++at) ++drawn;
  REQUIRE(drawn == 2);
  REQUIRE(absl::StrContains(watched.out, "  PO-1  delivery  DELIVERED  revision "));
}

TEST_CASE("command line: at a terminal, an order is shown and sent when somebody says yes") {
  Stack stack;
  stack.LoadProducts();
  const std::vector<std::string> order = {"order",       "CHAI:2", "--to",    "Ann; Street 1",
                                          "--reference", "PO-1",   "--terms", "NET_30"};
  const auto at_terminal = [&](std::vector<std::string> words, const std::string& answer) {
    const int code = stack.TallyAtTerminal(words, answer);
    return std::pair(code, ReadFile(stack.File("terminal.out")));
  };
  const auto [refused, shown] = at_terminal(order, "\n");
  CAPTURE(shown);
  REQUIRE(refused == 1);
  for (const char* words : {"Send this order? [y/N]", "CHAI", "43.42 USD", "by ", "Ann; Street 1",
                            "30 days after the goods arrive", "PO-1", "nothing was ordered"}) {
    CAPTURE(words);
    REQUIRE(absl::StrContains(shown, words));
  }
  // Nor by what is no clear yes, nor unasked because words go elsewhere.
  REQUIRE(at_terminal(order, "you must be joking\n").first == 1);
  REQUIRE(stack.TallyAtTerminal(order, "\n", "2> /dev/null") == 1);
  REQUIRE(absl::StrContains(ReadFile(stack.File("terminal.out")), "Send this order? [y/N]"));
  REQUIRE(stack.TallyJson({"list"}).json()["trades"].empty());
  const auto [sent, answered] = at_terminal(order, "y\n");
  CAPTURE(answered);
  REQUIRE(sent == 0);
  REQUIRE(absl::StrContains(answered, "Number      #1"));
  // The same again tells what became of it, and asks nothing.
  const auto [again, told] = at_terminal(order, "");
  REQUIRE(again == 0);
  REQUIRE_FALSE(absl::StrContains(told, "[y/N]"));
  REQUIRE(stack.Tally(order).code == 0);
  // --yes is to have agreed; what nobody is asked about is sent as ever.
  REQUIRE(at_terminal({"order", "CHAI", "--to", "Ann; Street 1", "-y"}, "").first == 0);
  REQUIRE(stack.Tally({"order", "CHAI:3", "--to", "Ann; Street 1"}).code == 0);
  REQUIRE(stack.TallyJson({"list"}).json()["trades"].size() == 3);
}

TEST_CASE("command line: a dry run shows what would be sent, and sends nothing") {
  Stack stack({{"delivery", {"--carrier", "manual"}}});
  stack.LoadProducts();
  const TallyResult order = stack.Tally({"order", "CHAI:2", "--to", "Ann; Street 1", "--dry-run"});
  REQUIRE(order.code == 0);
  REQUIRE(absl::StrContains(order.out, "Total       43.42 USD"));
  // As if a variable was not set.
  REQUIRE(
      stack.Tally({"order", "CHAI:1", "--to", "Ann; Street 1", "--option", "", "--dry-run"}).code ==
      0);
  REQUIRE(absl::StrContains(order.err, "nothing was ordered: --dry-run"));
  const TallyResult json = stack.TallyJson({"order", "CHAI:2", "--to", "Ann; City", "--dry-run"});
  REQUIRE(json.code == 0);
  REQUIRE(json.json()["orders"][0]["total"]["minor_units"] == 4342);
  REQUIRE(stack.Tally({"order", "NOPE", "--to", "Ann; City", "--dry-run"}).code == 1);
  REQUIRE(stack.Tally({"limit", "set", "10 USD"}).code == 0);
  REQUIRE(stack.Tally({"order", "CHAI:2", "--to", "Ann; City", "--dry-run"}).code == 3);
  REQUIRE(stack.Tally({"limit", "clear"}).code == 0);
  REQUIRE(stack.TallyJson({"list"}).json()["trades"].empty());

  const std::string id = stack.Order({"CHAI:2", "CHANG:1"});
  const TallyResult cancel = stack.Tally({"cancel", id, "--dry-run"});
  REQUIRE(cancel.code == 0);
  REQUIRE(absl::StrContains(cancel.out, "Not left    2 CHAI, 1 CHANG"));
  REQUIRE(stack.TallyJson({"return", id, "CHAI", "--dry-run"}).json()["lines"][0]["quantity"] == 1);
  REQUIRE(stack.TallyAtTerminal({"cancel", id}, "n\n") == 1);
  const std::string shown = ReadFile(stack.File("terminal.out"));
  REQUIRE(absl::StrContains(shown, "Cancel this? [y/N]"));
  REQUIRE(absl::StrContains(shown, "nothing was canceled"));
  REQUIRE(stack.Track(id)["order"]["state"] != "CANCELED");
  REQUIRE(stack.TallyAtTerminal({"cancel", id}, "y\n") == 0);
  REQUIRE(stack.TrackUntilState(id, "CANCELED"));
}

TEST_CASE("command line: a dry run says no where the order would be refused") {
  Stack stack;
  stack.LoadProducts();
  struct Case {
    std::vector<std::string> words;
    std::string reason;
    std::string said;
  };
  for (const Case& one :
       {Case{{"CHAI:101"}, "OUT_OF_STOCK", "it has 100 of the 101 CHAI"},
        Case{{"CHAI:1", "CHAI:2"}, "INVALID_FIELD", "stands in the order twice"},
        Case{{"CHAI:1", "--expect-total", "1.00 USD"}, "TOTAL_CHANGED", "not 1.00 USD"},
        Case{{"NOPE"}, "UNKNOWN_SKU", "the shop has no product NOPE"}}) {
    CAPTURE(one.reason);
    std::vector<std::string> order{"order", "--to", "Ann; City"};
    order.insert(order.end(), one.words.begin(), one.words.end());
    std::vector<std::string> dry = order;
    dry.emplace_back("--dry-run");
    const TallyResult said = stack.Tally(dry);
    CAPTURE(said.err);
    REQUIRE(absl::StrContains(said.err, "✗ the shop would refuse this: "));
    REQUIRE(absl::StrContains(said.err, one.said));
    REQUIRE(absl::StrContains(said.err, "only the shop can decide"));
    const TallyResult json = stack.TallyJson(dry);
    REQUIRE(json.json()["orders"][0]["reason"] == one.reason);
    // As the order itself ends.
    const TallyResult real = stack.Tally(order);
    REQUIRE(real.code == 1);
    REQUIRE(said.code == real.code);
    REQUIRE(json.code == real.code);
  }
  stack.Order({"CHAI:1", "--reference", "PO-1"});
  const TallyResult other =
      stack.Tally({"order", "CHAI:2", "--to", "Ann; City", "--reference", "PO-1", "--dry-run"});
  REQUIRE(other.code == 1);
  REQUIRE(absl::StrContains(other.err, "'PO-1' was used for another order"));
  REQUIRE(stack.Tally({"reorder", "PO-1", "--set", "CHAI:200", "--dry-run"}).code == 1);
  REQUIRE(stack.Tally({"reorder", "PO-1", "--dry-run"}).code == 0);
  REQUIRE(stack.Tally({"limit", "set", "10 USD"}).code == 3);
  REQUIRE(stack.Tally({"reorder", "PO-1", "--dry-run"}).code == 3);
}

TEST_CASE("command line: a shop is asked before it is taken down, and what is wrong is said") {
  Stack stack;
  const std::string ca = Keys::Get().File("buyers/ca.crt");
  const std::string token = Keys::Get().TokenFile("alice");
  const auto add = [&](const std::string& address, const std::string& ca_file,
                       const std::string& token_file, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"shop", "add",   "new",          address,
                                      "--ca", ca_file, "--token-file", token_file};
    words.insert(words.end(), more.begin(), more.end());
    return stack.Tally(words);
  };
  const TallyResult nobody = add("127.0.0.1:1", ca, token);
  CAPTURE(nobody.err);
  REQUIRE(nobody.code == 4);
  REQUIRE(absl::StrContains(nobody.err, "the shop 'new' at 127.0.0.1:1: nothing listens there"));
  REQUIRE(absl::StrContains(nobody.err, "--offline"));
  REQUIRE_FALSE(absl::StrContains(nobody.err, "ipv4"));
  REQUIRE(absl::StrContains(add("127.0.0.1:1", ca, token, {"-v"}).err, "Connection refused"));
  // Of another authority.
  const TallyResult stranger =
      add(stack.address(0), Keys::Get().File("payment/internal-ca.crt"), token);
  CAPTURE(stranger.err);
  REQUIRE(stranger.code == 4);
  REQUIRE(absl::StrContains(stranger.err, "authority"));
  std::ofstream(stack.File("bad.token")) << "no.token\n";
  const TallyResult unknown = add(stack.address(0), ca, stack.File("bad.token"));
  REQUIRE(unknown.code == 5);
  REQUIRE(absl::StrContains(unknown.err, "does not let you in"));
  REQUIRE(add("127.0.0.1", ca, token).code == 1);
  REQUIRE(stack.TallyJson({"shop", "list"}).json()["shops"].size() == 2);
  REQUIRE(add(stack.address(0), ca, token).code == 0);
  REQUIRE(add("127.0.0.1:1", ca, token, {"--offline"}).code == 0);
}

TEST_CASE(
    "command line: when one service is down, the others' answers are there, and it is named") {
  Stack stack({{"payment", {"--gateway", "manual"}}});
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(WaitUntil([&] { return !stack.Back({"ops", "work"}).out.empty(); }));
  stack.StopServer("delivery");
  const TallyResult work = stack.Back({"ops", "work"});
  CAPTURE(work.err);
  REQUIRE(work.code == 4);
  REQUIRE(absl::StrContains(work.out, id));
  REQUIRE(absl::StrContains(work.err, "delivery of the shop 'back' at " + stack.address(2)));
  REQUIRE(absl::StrContains(work.err, "what waits there is missing here"));
  const TallyResult sync = stack.Tally({"sync"});
  REQUIRE(sync.code == 4);
  REQUIRE(
      absl::StrContains(sync.err, "no answer from delivery at " + stack.address(2) +
                                      ": nothing listens there (connection refused) (1 trade)"));
  REQUIRE(stack.TallyJson({"sync"}).json()["missing"] == nlohmann::json{"delivery"});
  const TallyResult track = stack.Tally({"track", id});
  REQUIRE(track.code == 4);
  REQUIRE(absl::StrContains(track.out, "? no answer from delivery at " + stack.address(2)));
}

TEST_CASE(
    "command line: what is longer than the terminal is shown by the pager, and nothing else") {
  Stack stack;
  stack.LoadProducts();
  const auto at_terminal = [&](const std::string& rows, const std::string& words) {
    const std::string command = "stty rows " + rows + " cols 80; PAGER='sed s/^/paged:/' " +
                                TALLYSTICK_BINARY_DIR "/client-cli/tally " + words;
    Process terminal(
        {"/usr/bin/script", "--quiet", "--return", "--command", command, stack.File("paged.out")},
        Environment{{"TALLY_LEDGER", stack.File("ledger.db")}, {"TERM", "xterm"}}, "/dev/null",
        "/dev/null");
    REQUIRE(terminal.Wait() == 0);
    // (The first line is script's own, with the command.)
    const std::string shown = ReadFile(stack.File("paged.out"));
    return shown.substr(shown.find('\n'));
  };
  const std::string paged = at_terminal("4", "products");
  REQUIRE(absl::StrContains(paged, "paged:SKU"));
  REQUIRE(absl::StrContains(paged, "paged:CHANG"));
  for (const std::string& plain :
       {at_terminal("40", "products"), at_terminal("4", "--no-pager products"),
        at_terminal("4", "-o json products"), at_terminal("4", "shop list")}) {
    CAPTURE(plain);
    REQUIRE_FALSE(absl::StrContains(plain, "paged:"));
  }
}

// What bash offers after these words, when its completion was asked for it.
std::string OfferedByBash(Stack& stack, const std::string& words) {
  const std::string script =
      "source <(" TALLYSTICK_BINARY_DIR
      "/client-cli/tally completion bash); "
      "COMP_WORDS=(" TALLYSTICK_BINARY_DIR "/client-cli/tally " +
      words +
      "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _tally; printf '%s\\n' \"${COMPREPLY[@]}\"";
  std::filesystem::remove(stack.File("bash.out"));
  Process bash({"/bin/bash", "-c", script}, Environment{{"TALLY_LEDGER", stack.File("ledger.db")}},
               stack.File("bash.out"), "/dev/null");
  REQUIRE(bash.Wait() == 0);
  return ReadFile(stack.File("bash.out"));
}

TEST_CASE("command line: bash completes trades, goods of the shop, files and options") {
  Stack stack;
  stack.LoadProducts();
  stack.Order({"CHAI:1", "--reference", "PO 1"});
  REQUIRE(OfferedByBash(stack, "track P") == "PO\\ 1\n");
  REQUIRE(OfferedByBash(stack, "-o json track ''") == "1\nPO\\ 1\n");
  REQUIRE(OfferedByBash(stack, "order CHAN") == "CHANG\n");
  REQUIRE(OfferedByBash(stack, "order --from " + stack.File("produ")) ==
          stack.File("products.csv") + "\n");
  REQUIRE(OfferedByBash(stack, "order --dry") == "--dry-run\n");
  // A shop that is gone is not waited for.
  stack.StopServer("shopping");
  REQUIRE(OfferedByBash(stack, "order CH") == "CHAI\n");
}

TEST_CASE("command line: what cli.md prints of jq runs as it is printed") {
  if (!std::filesystem::exists("/usr/bin/jq")) {
    std::puts("SKIPPED: jq is not installed");
    return;
  }
  Stack stack;
  stack.LoadProducts();
  stack.Order({"CHAI:2", "--reference", "PO-1"});
  std::istringstream document(ReadFile(TALLYSTICK_SOURCE_DIR "/docs/cli.md"));
  int examples = 0;
  for (std::string line; std::getline(document, line);) {
    if (!absl::StartsWith(line, "    tally ") || !absl::StrContains(line, "| jq ")) continue;
    CAPTURE(line);
    std::filesystem::remove(stack.File("jq.err"));
    Process shell({"/bin/bash", "-c", "set -o pipefail; " + line},
                  Environment{{"TALLY_LEDGER", stack.File("ledger.db")},
                              {"XDG_CONFIG_HOME", stack.File("config")},
                              {"PATH", TALLYSTICK_BINARY_DIR "/client-cli:/usr/bin:/bin"}},
                  stack.File("jq.out"), stack.File("jq.err"));
    const int code = shell.Wait();
    CAPTURE(ReadFile(stack.File("jq.err")));
    REQUIRE(code == 0);
    ++examples;
  }
  REQUIRE(examples == 5);
  REQUIRE(absl::StrContains(ReadFile(stack.File("jq.out")), "4342"));
}

}  // namespace
}  // namespace tallystick::testing
