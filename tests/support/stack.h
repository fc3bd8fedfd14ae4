// The built binaries as a user runs them: a private PostgreSQL, the three servers, and tally with a
// ledger of its own, all in a temporary folder.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/free_ports.h"
#include "tests/support/private_postgres.h"
#include "tests/support/process.h"
#include "tests/support/wait_until.h"

namespace tallystick::testing {

struct TallyResult {
  int code = -1;
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

class Stack {
 public:
  Stack() : addresses_(FreeAddresses(6)) {
    for (const char* name : {"shopping", "payment", "delivery"}) StartServer(name);
    REQUIRE(WaitUntil([this] { return Tally({"shop", "list"}).code == 0; }));
    REQUIRE(Tally({"shop", "add", "demo", addresses_[0], "--token", "alice"}).code == 0);
    REQUIRE(Tally({"shop", "add", "back", addresses_[0], "--token", "operator:bob"}).code == 0);
    REQUIRE(WaitUntil([this] { return Tally({"products"}).code == 0; }));
  }

  PrivatePostgres& postgres() { return postgres_; }
  const std::string& shopping_address() const { return addresses_[0]; }
  std::string File(const std::string& name) const { return folder_ / name; }
  std::string Log(const std::string& server) const { return ReadFile(File(server + ".log")); }

  void StartServer(const std::string& name) {
    const size_t index = name == "shopping" ? 0 : name == "payment" ? 1 : 2;
    std::vector<std::string> command = {Binary("services/" + name + "/tally-" + name),
                                        "--database-url",
                                        postgres_.Url(name),
                                        "--public-address",
                                        addresses_[index],
                                        "--internal-address",
                                        addresses_[index + 3],
                                        "--plaintext-loopback",
                                        "--work-lease-ms",
                                        "2000",
                                        "--poll-interval-ms",
                                        "100"};
    const auto add = [&](const std::string& option, const std::string& value) {
      command.push_back("--" + option);
      command.push_back(value);
    };
    if (name == "shopping") {
      add("payment-internal-address", addresses_[4]);
      add("delivery-internal-address", addresses_[5]);
      add("advertised-shopping-address", addresses_[0]);
      add("advertised-payment-address", addresses_[1]);
      add("advertised-delivery-address", addresses_[2]);
    } else {
      add("shopping-internal-address", addresses_[3]);
      add(name == "payment" ? "gateway-pace-ms" : "carrier-pace-ms", "5");
    }
    servers_[name] =
        std::make_unique<Process>(command, Environment{}, File(name + ".out"), File(name + ".log"));
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
  // With -o json.
  TallyResult TallyJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-o", "json"});
    return Tally(std::move(arguments));
  }
  std::unique_ptr<Process> StartTally(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), Binary("client-cli/tally"));
    for (const char* name : {"tally.out", "tally.err"}) {
      std::filesystem::remove(File(name));
    }
    return std::make_unique<Process>(std::move(arguments),
                                     Environment{{"TALLY_LEDGER", File("ledger.db")}},
                                     File("tally.out"), File("tally.err"));
  }

 private:
  static std::string Binary(const std::string& name) {
    return std::string(TALLYSTICK_BINARY_DIR) + "/" + name;
  }

  TempFolder folder_;
  PrivatePostgres postgres_;
  std::vector<std::string> addresses_;
  std::map<std::string, std::unique_ptr<Process>> servers_;
};

}  // namespace tallystick::testing
