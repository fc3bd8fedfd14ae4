// What a server takes for a setting, and what it says of what it does not take.
#include <fstream>
#include <sstream>

#include "absl/strings/match.h"
#include "platform/process/settings_file.h"
#include "platform/service/server_settings.h"
#include "platform/transport/health_check.h"
#include "tests/support/catch.h"
#include "tests/support/free_ports.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {
namespace {

// Its exit code, or nullopt when it would start.
std::optional<int> Start(std::vector<std::string> words) {
  rpc::ServerSettings server;
  std::string peers = "127.0.0.1:1";
  Settings settings("test", "0");
  server.AddTo(settings);
  settings.Add("peers", peers, "", rpc::kAddresses);
  words.insert(words.begin(), {"test", "--database-url", "dbname=x"});
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  return settings.Parse(static_cast<int>(argv.size()), argv.data());
}

TEST_CASE("settings: an address is host:port, and of peers there may be several") {
  for (const char* good : {"--public-address=0.0.0.0:7401", "--internal-address=[::]:7411",
                           "--peers=payment:7412", "--peers=10.0.0.1:7412,10.0.0.2:7412"}) {
    CAPTURE(good);
    REQUIRE_FALSE(Start({good}).has_value());
  }
  for (const char* bad : {"--public-address=localhost", "--public-address=unix:/tmp/x",
                          "--internal-address=1.2.3.4:5,1.2.3.4:6", "--peers=foo",
                          "--peers=dns:///x:1", "--peers=127.0.0.1:1,", "--peers="}) {
    CAPTURE(bad);
    REQUIRE(Start({bad}) == 2);
  }
}

TEST_CASE("settings: of a file, comments, quotes and a byte order mark are no part of the values") {
  std::istringstream file(
      "\xEF\xBB\xBFmax-batch = 64 # at once\r\n"
      "# max-batch = 65\n"
      "\n"
      "database-url = \"host=db dbname=shop#1\"  # quoted\n"
      "  token-issuer='a # b'\n"
      "token-audience = shop#2\n"
      "keys = /etc/my keys\n"
      "log-level = \"\"\n"
      "plaintext-loopback # a flag");
  const auto lines = ReadSettingLines(file);
  INFO(lines.status().ToString());
  REQUIRE(lines.ok());
  std::vector<std::string> read;
  for (const SettingLine& line : *lines) {
    read.push_back(std::to_string(line.number) + " " + line.name + " " + line.value);
  }
  REQUIRE(read == std::vector<std::string>{"1 max-batch 64", "4 database-url host=db dbname=shop#1",
                                           "5 token-issuer a # b", "6 token-audience shop#2",
                                           "7 keys /etc/my keys", "8 log-level ",
                                           "9 plaintext-loopback true"});
}

TEST_CASE("settings: what is wrong with a line of a file is said of that line") {
  const auto why_not = [](const std::string& text) {
    std::istringstream file(text);
    return std::string(ReadSettingLines(file).status().message());
  };
  REQUIRE(why_not("max-batch = 1\nmax-queue = 2\nmax-batch = 3\n") ==
          "line 3: sets 'max-batch' again, after line 1");
  REQUIRE(why_not("max-batch = # one\n") == "line 1: has no value; an empty one is \"\"");
  REQUIRE(why_not("\nkeys = \"/etc\n") == "line 2: the quotes do not end");
  REQUIRE(why_not("keys = \"/etc\" /usr\n") == "line 1: something follows after the quotes");
  for (const char* other : {"[server]\n", "two words\n", "= 1\n", "max batch = 1\n"}) {
    CAPTURE(other);
    REQUIRE(why_not(other) == "line 1: is not `name = value`");
  }
  const TempFolder folder;
  std::ofstream(folder / "server.conf") << "max-batch = 1\nmax-bach = 1\n";
  REQUIRE(Start({"--config", folder / "server.conf"}) == 2);
  std::ofstream(folder / "server.conf") << "\xEF\xBB\xBFmax-batch = 1 # few\n";
  REQUIRE_FALSE(Start({"--config", folder / "server.conf"}).has_value());
  unsetenv("TALLYSTICK_MAX_BATCH");
  REQUIRE(Start({"--config", folder.path()}) == 2);
}

TEST_CASE("settings: plaintext is for the addresses on which it is served") {
  const auto refusal = [](const std::string& host) {
    rpc::ServerOptions options;
    options.plaintext_loopback = true;
    options.public_address = host + ":" + FreeAddresses(1)[0].substr(sizeof("127.0.0.1"));
    options.internal_address = "127.0.0.1:1";
    return rpc::Server::StartWaiting(options).status();
  };
  REQUIRE(refusal("127.0.0.1").ok());
  REQUIRE(refusal("localhost").ok());
  for (const char* other : {"127.0.0.2", "127.1", "0.0.0.0"}) {
    CAPTURE(other);
    REQUIRE(refusal(other).code() == absl::StatusCode::kFailedPrecondition);
  }
}

TEST_CASE("settings: a connection may have a single call, and has it") {
  rpc::ServerOptions options;
  options.plaintext_loopback = true;
  options.public_address = FreeAddresses(1)[0];
  options.internal_address = "127.0.0.1:1";
  options.limits.bounds.max_calls = 1;
  const auto server = rpc::Server::StartWaiting(options);
  REQUIRE(server.ok());
  const absl::Status health = rpc::CheckHealth(
      options.public_address, grpc::InsecureChannelCredentials(), absl::Seconds(10));
  // NOT_SERVING is an answer.
  REQUIRE(absl::StrContains(health.message(), "NOT_SERVING"));
}

TEST_CASE("settings: the audit is kept for a month at least, or for ever") {
  for (const char* good : {"0", "720", "721", "9600", "876000"}) {
    CAPTURE(good);
    REQUIRE_FALSE(Start({"--audit-retention-hours", good}).has_value());
  }
  for (const char* bad : {"1", "9", "719", "-720", "72x"}) {
    CAPTURE(bad);
    REQUIRE(Start({"--audit-retention-hours", bad}) == 2);
  }
}

}  // namespace
}  // namespace tallystick::testing
