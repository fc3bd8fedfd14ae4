// The page of the manual: whole, and nothing in it that roff would obey but what is meant.
#include "client-cli/app/man.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client-cli/app/command_line.h"
#include "tests/support/catch.h"

namespace tallystick::testing {
namespace {

TEST_CASE("man: has every command and option") {
  const CommandLine line;
  const std::string page = ManPage(line.app);
  for (const CLI::App* command : line.app.get_subcommands([](const CLI::App*) { return true; })) {
    CAPTURE(command->get_name());
    CHECK(absl::StrContains(page, absl::StrCat("\n.SS tally ", command->get_name(), "\n")));
    for (const CLI::Option* option : command->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        CHECK(absl::StrContains(page, "\\-\\-" + absl::StrReplaceAll(name, {{"-", "\\-"}})));
      }
    }
  }
}

TEST_CASE("man: lines that begin like a request are requests that are meant") {
  const std::set<absl::string_view> meant = {".TH", ".SH", ".SS", ".TP", ".B", ".nf", ".fi"};
  CommandLine line;
  const std::string help = "'tis \\n odd";
  line.app.add_subcommand("odd", ".so /etc/passwd")->add_flag("--odd", help);
  const std::string page = ManPage(line.app);
  for (const absl::string_view text : absl::StrSplit(page, '\n')) {
    CAPTURE(text);
    CHECK_FALSE(absl::StartsWith(text, "'"));
    if (!absl::StartsWith(text, ".")) continue;
    CHECK(meant.contains(text.substr(0, text.find(' '))));
  }
  CHECK(absl::StrContains(page, "\\&.so /etc/passwd"));
  CHECK(absl::StrContains(page, "\\&'tis \\en odd"));
}

}  // namespace
}  // namespace tallystick::testing
