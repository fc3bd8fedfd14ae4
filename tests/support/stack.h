// The built binaries as a user runs them: a private PostgreSQL, the three servers, and tally with a
// ledger of its own, all in a temporary folder.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/free_ports.h"
#include "tests/support/keys.h"
#include "tests/support/private_postgres.h"
#include "tests/support/process.h"
#include "tests/support/quiet.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {

struct TallyResult {
  int code = -1;
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

// Further options of servers, by the server's name: {"payment", {"--gateway", "manual"}}.
using ServerOptions = std::map<std::string, std::vector<std::string>>;

class Stack {
 public:
  // `pace_ms`: how long the sandbox gateway and carrier take for a step.
  // `own_keys`: the options bring their own keys, and no shop is added.
  explicit Stack(ServerOptions options = {}, std::string pace_ms = "5", bool own_keys = false)
      : pace_ms_(std::move(pace_ms)), options_(std::move(options)), addresses_(FreeAddresses(6)) {
    for (const char* name : {"shopping", "payment", "delivery"}) StartServer(name);
    if (own_keys) return;
    REQUIRE(WaitUntil([this] { return Tally({"shop", "list"}).code == 0; }));
    REQUIRE(AddShop("demo", "alice").code == 0);
    REQUIRE(AddShop("back", "operator:bob").code == 0);
    REQUIRE(WaitUntil([this] { return Tally({"products"}).code == 0; }));
  }

  // The profile of `who` at this shop, or at the one of another address.
  TallyResult AddShop(const std::string& profile, const std::string& who,
                      const std::string& address = "") {
    return Tally({"shop", "add", profile, address.empty() ? addresses_[0] : address, "--ca",
                  Keys::Get().File("buyers/ca.crt"), "--token-file", Keys::Get().TokenFile(who),
                  "--offline"});
  }

  // A setting of tally, as its variable: {"TALLY_REPORT_DELAY_MS", "500"}.
  void SetTally(const std::string& variable, const std::string& value) {
    tally_settings_[variable] = value;
  }

  PrivatePostgres& postgres() { return postgres_; }
  bool IsQuiet() const { return testing::IsQuiet(postgres_); }
  // 0 to 2: shopping, payment and delivery's public addresses; 3 to 5 their internal ones.
  const std::string& address(size_t index) const { return addresses_[index]; }
  const std::string& shopping_address() const { return addresses_[0]; }
  std::string File(const std::string& name) const { return folder_ / name; }
  std::string Log(const std::string& server) const { return ReadFile(File(server + ".log")); }

  void StartServer(const std::string& name) {
    servers_[name] = std::make_unique<Process>(CommandOf(name), Environment{}, File(name + ".out"),
                                               File(name + ".log"));
  }
  // Another process with a server's settings, which `option` has do something and end.
  TallyResult RunOnce(const std::string& name, const std::string& option) {
    std::vector<std::string> command = CommandOf(name);
    command.push_back(option);
    const std::string file = name + option;
    Process process(command, Environment{}, File(file + ".out"), File(file + ".err"));
    TallyResult result;
    result.code = process.Wait();
    result.out = ReadFile(File(file + ".out"));
    result.err = ReadFile(File(file + ".err"));
    return result;
  }
  Process& server(const std::string& name) { return *servers_.at(name); }
  void StopServer(const std::string& name) { servers_.erase(name); }

  TallyResult Tally(std::vector<std::string> arguments) {
    auto process = StartTally(std::move(arguments));
    TallyResult result;
    result.code = process->Wait();
    result.out = ReadFile(File("tally.out"));
    result.err = ReadFile(File("tally.err"));
    return result;
  }
  // By the operator bob.
  TallyResult Back(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--profile", "back"});
    return Tally(std::move(arguments));
  }
  // CHAI at 18.00 and CHANG at 19.00 USD, 7 % tax, 100 pieces each.
  void LoadProducts() {
    std::ofstream(File("products.csv")) << "sku,name,unit_price,tax_percent,stock\n"
                                           "CHAI,Chai,18,7.00,100\nCHANG,Chang,19,7.00,100\n";
    REQUIRE(Back({"ops", "products", "--from", File("products.csv")}).code == 0);
  }
  // Places an order to Ann at `address`; gives its trading id.
  std::string Order(std::vector<std::string> arguments, const std::string& address = "Street 1") {
    arguments.insert(arguments.begin(), "order");
    arguments.insert(arguments.end(), {"--to", "Ann Example; " + address});
    const TallyResult result = TallyJson(std::move(arguments));
    INFO(result.err);
    REQUIRE(result.code == 0);
    const nlohmann::json answer = result.json();
    return answer["trades"][0]["contents"]["trading_id"];
  }
  // What track says of one trade.
  nlohmann::json Track(const std::string& id) {
    const TallyResult result = TallyJson({"track", id});
    INFO(result.out << result.err);
    REQUIRE(result.code == 0);
    return result.json();
  }
  // Tracks until `condition` holds of what track says; no look on the way may warn.
  // Of a trade that all three services know.
  bool TrackUntil(const std::string& id,
                  const std::function<bool(const nlohmann::json&)>& condition) {
    return WaitUntil([&] {
      const nlohmann::json trade = Track(id);
      return trade["order"].is_object() && trade["payment"].is_object() &&
             trade["delivery"].is_object() && condition(trade);
    });
  }
  bool TrackUntilState(const std::string& id, const std::string& state) {
    return TrackUntil(
        id, [&](const nlohmann::json& trade) { return trade["order"]["state"] == state; });
  }
  // With -o json.
  TallyResult TallyJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-o", "json"});
    return Tally(std::move(arguments));
  }
  // As if somebody typed `input` at a terminal. The exit code; what was shown is in terminal.out.
  int TallyAtTerminal(const std::vector<std::string>& arguments, const std::string& input,
                      const std::string& redirection = "") {
    std::ofstream(File("terminal.in")) << input;
    std::string command = Binary("client-cli/tally");
    for (const std::string& word : arguments) command += " '" + word + "'";
    command += " " + redirection;
    Process terminal({"/bin/sh", "-c",
                      "script --quiet --return --command \"" + command + "\" " +
                          File("terminal.out") + " < " + File("terminal.in")},
                     Environment{{"TALLY_LEDGER", File("ledger.db")},
                                 {"XDG_CONFIG_HOME", File("config")},
                                 {"TERM", "xterm"}},
                     "/dev/null", "/dev/null");
    return terminal.Wait();
  }
  std::unique_ptr<Process> StartTally(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Binary("client-cli/tally"));
    for (const char* name : {"tally.out", "tally.err"}) {
      std::filesystem::remove(File(name));
    }
    Environment environment{{"TALLY_LEDGER", File("ledger.db")},
                            {"XDG_CONFIG_HOME", File("config")}};
    for (const auto& [variable, value] : tally_settings_) environment[variable] = value;
    return std::make_unique<Process>(std::move(arguments), environment, File("tally.out"),
                                     File("tally.err"));
  }

 private:
  std::vector<std::string> CommandOf(const std::string& name) {
    const size_t index = name == "shopping" ? 0 : name == "payment" ? 1 : 2;
    std::vector<std::string> command = {Binary("services/" + name + "/tally-" + name),
                                        "--database-url",
                                        postgres_.Url(name),
                                        "--public-address",
                                        addresses_[index],
                                        "--internal-address",
                                        addresses_[index + 3],
                                        "--work-lease-ms",
                                        "2000",
                                        "--poll-interval-ms",
                                        "100"};
    const auto add = [&](const std::string& option, const std::string& value) {
      command.push_back("--" + option);
      command.push_back(value);
    };
    const std::vector<std::string>& more = options_[name];
    // Whatever the options set anew counts.
    if (std::ranges::find(more, "--keys") == more.end()) add("keys", Keys::Get().File(name));
    if (name == "shopping") {
      add("payment-internal-address", addresses_[4]);
      add("delivery-internal-address", addresses_[5]);
      add("advertised-shopping-address", addresses_[0]);
      add("advertised-payment-address", addresses_[1]);
      add("advertised-delivery-address", addresses_[2]);
    } else {
      add("shopping-internal-address", addresses_[3]);
      add(name == "payment" ? "gateway-pace-ms" : "carrier-pace-ms", pace_ms_);
    }
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  static std::string Binary(const std::string& name) {
    return std::string(TALLYSTICK_BINARY_DIR) + "/" + name;
  }

  TempFolder folder_;
  PrivatePostgres postgres_;
  const std::string pace_ms_;
  ServerOptions options_;
  Environment tally_settings_;
  std::vector<std::string> addresses_;
  std::map<std::string, std::unique_ptr<Process>> servers_;
};

// The rules of a trade's warnings, as JSON has them.
inline std::vector<std::string> RulesOf(const nlohmann::json& trade) {
  std::vector<std::string> rules;
  for (const nlohmann::json& warning : trade["warnings"]) rules.push_back(warning["rule"]);
  return rules;
}

}  // namespace tallystick::testing
