// What a server takes for a setting, and what it says of what it does not take.
#include "platform/service/server_settings.h"
#include "tests/support/catch.h"

namespace tallystick::testing {
namespace {

// Its exit code, or nullopt when it would start.
std::optional<int> Start(std::vector<std::string> words) {
  rpc::ServerSettings server;
  std::string peers = "127.0.0.1:1";
  Settings settings("test", "0");
  server.AddTo(settings);
  settings.Add("peers", peers, "")->check(rpc::kAddresses);
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
