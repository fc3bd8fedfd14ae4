// docs/cli.md against the program: what one has, the other has, too.
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "client-cli/app/command_line.h"
#include "tests/support/catch.h"

namespace tallystick::testing {
namespace {

std::string Document(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::string(TALLYSTICK_SOURCE_DIR) + "/docs/" + name).rdbuf();
  REQUIRE_FALSE(text.str().empty());
  return text.str();
}

// What each match of the pattern has in its first group.
std::set<std::string> AllIn(const std::string& text, const std::string& pattern) {
  const std::regex expression(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), expression), end; at != end; ++at) {
    found.insert((*at)[1]);
  }
  return found;
}

std::set<std::string> OptionsIn(const std::string& text) {
  return AllIn(text, "--([a-z][a-z0-9-]*[a-z0-9])");
}

struct Known {
  std::set<std::string> commands;  // with their aliases
  std::set<std::string> options;
};

void Collect(const CLI::App& app, Known& known) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) known.options.insert(name);
  }
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    known.commands.insert(command->get_name());
    for (const std::string& alias : command->get_aliases()) known.commands.insert(alias);
    Collect(*command, known);
  }
}

TEST_CASE("docs: cli.md has every command and option of tally, operations.md those of ops") {
  const CommandLine line;
  const std::string cli = Document("cli.md");
  const std::string operations = Document("operations.md");
  for (const CLI::App* command : line.app.get_subcommands([](const CLI::App*) { return true; })) {
    const bool back_office = command->get_name() == "ops";
    Known known;
    Collect(*command, known);
    if (!back_office) known.commands.insert(command->get_name());
    const std::string& text = back_office ? operations : cli;
    for (const std::string& name : known.commands) {
      CAPTURE(name);
      CHECK(std::regex_search(text, std::regex("\\b" + name + "\\b")));
    }
    for (const std::string& option : known.options) {
      if (option == "help") continue;
      CAPTURE(command->get_name(), option);
      CHECK(OptionsIn(text).contains(option));
    }
  }
  for (const CLI::Option* option : line.app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      CAPTURE(name);
      CHECK(OptionsIn(cli).contains(name));
    }
  }
}

TEST_CASE("docs: cli.md has no command and no option that tally has not") {
  const CommandLine line;
  Known known;
  Collect(line.app, known);
  const std::string cli = Document("cli.md");
  for (const std::string& option : OptionsIn(cli)) {
    CAPTURE(option);
    CHECK(known.options.contains(option));
  }
  // As it is typed: at the beginning of a line of code, or within one.
  for (const std::string& command : AllIn(cli, "(?:\\n    |`)tally ([a-z]+)\\b")) {
    CAPTURE(command);
    CHECK((known.commands.contains(command) || command == "help" || command == "version"));
  }
}

}  // namespace
}  // namespace tallystick::testing
