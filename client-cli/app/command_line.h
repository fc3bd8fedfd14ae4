// The command line as a whole: all commands, and what is said of each.
#pragma once

#include <CLI/CLI.hpp>

#include "client-cli/app/help.h"
#include "client-cli/commands/command.h"

namespace tallystick {

// Of the two actions, that of the command which was called is set once the arguments are parsed.
struct CommandLine {
  // `help_width`: of --help, in columns.
  explicit CommandLine(int help_width = kHelpWidth);
  CommandLine(const CommandLine&) = delete;

  CLI::App app;
  GlobalOptions options;
  Action action;
  PlainAction plain;
};

}  // namespace tallystick
