// The manual's page of tally.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "client-cli/commands/command.h"

namespace tallystick {

// tally(1), for man: all commands with all options, as --help has them.
std::string ManPage(const CLI::App& app);

void AddManCommand(CLI::App& app, PlainAction& chosen);

}  // namespace tallystick
