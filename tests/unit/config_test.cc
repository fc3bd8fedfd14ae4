// Settings from a file: where they count, and what is wrong with a file.
#include "client-cli/app/config.h"

#include <filesystem>
#include <fstream>

#include "client-cli/app/command_line.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {
namespace {

class Config {
 public:
  absl::Status Apply(const std::string& text) {
    std::ofstream(path()) << text;
    return ApplyConfig(path(), line_.app);
  }
  void Parse(std::vector<std::string> words) {
    std::ranges::reverse(words);
    line_.app.parse(std::move(words));
  }
  std::string path() const { return folder_ / "config.toml"; }
  CommandLine& line() { return line_; }
  std::string Default(const std::string& command, const std::string& option) {
    return line_.app.get_subcommand(command)->get_option(option)->get_default_str();
  }

 private:
  TempFolder folder_;
  CommandLine line_;
};

TEST_CASE("config: what is written down counts until something else is said") {
  Config config;
  REQUIRE(config
              .Apply("# mine\nshop = \"demo\"\noutput = \"wide\"\n"
                     "address = \"Ann; Apartment #5; 12345 City\"\nterms = \"NET_30\"\n")
              .ok());
  REQUIRE(config.Default("order", "--to") == "Ann; Apartment #5; 12345 City");
  REQUIRE(config.Default("order", "--terms") == "NET_30");
  config.Parse({"list"});
  REQUIRE(config.line().options.profile == "demo");
  REQUIRE(config.line().options.output == "wide");
  config.Parse({"-o", "json", "--profile", "other", "list"});
  REQUIRE(config.line().options.output == "json");
  REQUIRE(config.line().options.profile == "other");
  setenv("TALLY_PROFILE", "third", 1);
  config.Parse({"list"});
  unsetenv("TALLY_PROFILE");
  REQUIRE(config.line().options.profile == "third");
}

TEST_CASE("config: an unknown key, and a value that is none, are errors that name them") {
  const auto words = [](const std::string& text) {
    Config config;
    const absl::Status status = config.Apply(text);
    REQUIRE(status.code() == absl::StatusCode::kInvalidArgument);
    REQUIRE(status.message().find(config.path()) == 0);
    return std::string(status.message());
  };
  REQUIRE(words("shopp = \"demo\"\n").find("'shopp'; did you mean shop?") != std::string::npos);
  REQUIRE(words("colour = 1\n").find("there are shop, output, address") != std::string::npos);
  REQUIRE(words("[order]\nto = \"Ann\"\n").find("'order.to'") != std::string::npos);
  REQUIRE(words("output = \"paper\"\n").find("output: ") != std::string::npos);
  REQUIRE(words("shop = [\"a\", \"b\"]\n").find("one value") != std::string::npos);
}

TEST_CASE("config: no file is no settings") {
  Config config;
  REQUIRE(ApplyConfig(config.path(), config.line().app).ok());
  config.Parse({"list"});
  REQUIRE(config.line().options.output == "table");
}

TEST_CASE("config: what is there and cannot be read is an error, and not no settings") {
  Config config;
  std::filesystem::create_directories(config.path());
  REQUIRE_FALSE(ApplyConfig(config.path(), config.line().app).ok());
}

}  // namespace
}  // namespace tallystick::testing
