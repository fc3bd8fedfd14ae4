// Made from what --help is made from.
#include "client-cli/app/man.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "platform/process/version.h"

namespace tallystick {
namespace {

// A line of text, in which roff finds nothing to obey.
std::string Roff(const std::string& text) {
  const std::string safe = absl::StrReplaceAll(text, {{"\\", "\\e"}, {"-", "\\-"}});
  const bool command = absl::StartsWith(safe, ".") || absl::StartsWith(safe, "'");
  return command ? "\\&" + safe : safe;
}

// "-o, --output VALUE", or the name of a word that stands by itself.
std::string SignatureOf(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames()) absl::StrAppend(&names, "-", name, ", ");
  for (const std::string& name : option.get_lnames()) absl::StrAppend(&names, "--", name, ", ");
  if (names.empty()) return option.get_name();
  names.resize(names.size() - 2);
  return option.get_items_expected_max() > 0 ? names + " VALUE" : names;
}

void AppendOptions(const CLI::App& app, std::string& page) {
  for (const CLI::Option* option : app.get_options()) {
    std::string help = option->get_description();
    if (!option->get_default_str().empty()) {
      absl::StrAppend(&help, " [", option->get_default_str(), "]");
    }
    if (!option->get_envname().empty()) absl::StrAppend(&help, " ($", option->get_envname(), ")");
    absl::StrAppend(&page, ".TP\n.B ", Roff(SignatureOf(*option)), "\n", Roff(help), "\n");
  }
}

void AppendCommand(const CLI::App& command, const std::string& before, std::string& page) {
  const std::string name = absl::StrCat(before, " ", command.get_name());
  absl::StrAppend(&page, ".SS ", Roff(name), "\n", Roff(command.get_description()), ".\n");
  AppendOptions(command, page);
  for (const CLI::App* below : command.get_subcommands([](const CLI::App*) { return true; })) {
    AppendCommand(*below, name, page);
  }
}

}  // namespace

std::string ManPage(const CLI::App& app) {
  std::string page = absl::StrCat(
      ".TH TALLY 1 \"\" \"tally ", kVersion, "\" \"User Commands\"\n.SH NAME\n",
      "tally \\- the buyer's half of the tally\n.SH SYNOPSIS\n.B tally\n",
      "[OPTIONS] COMMAND …\n.SH DESCRIPTION\n", Roff(app.get_description()), "\n.SH OPTIONS\n");
  AppendOptions(app, page);
  absl::StrAppend(&page, ".SH COMMANDS\n");
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    AppendCommand(*command, "tally", page);
  }
  absl::StrAppend(&page, ".SH EXIT CODES AND FILES\n.nf\n");
  for (const absl::string_view line : absl::StrSplit(app.get_footer(), '\n')) {
    absl::StrAppend(&page, Roff(std::string(line)), "\n");
  }
  return absl::StrCat(page, ".fi\n");
}

void AddManCommand(CLI::App& app, PlainAction& chosen) {
  const CLI::App* all = &app;
  app.add_subcommand("man", "The manual's page: tally man | man -l -")->callback([all, &chosen] {
    chosen = [all](const Screen& screen) {
      screen.Print(ManPage(*all));
      return static_cast<int>(kAllWell);
    };
  });
}

}  // namespace tallystick
