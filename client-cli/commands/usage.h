// What tally says of itself, and to words that it does not know.
#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace tallystick {

// How one begins, and the commands by what they are for, in `width` columns. Ends with a line
// break.
std::string ShortHelp(const CLI::App& app, int width);

// Puts the commands into the groups of ShortHelp, for the long help.
void GroupCommands(CLI::App& app);

// What is wrong with the arguments and what may have been meant; `error` is what the parser says.
std::string UsageWords(const CLI::App& app, const std::vector<std::string>& arguments,
                       const std::string& error);

// Of `known`, what `word` may have been meant to be; empty if it resembles none.
std::string Nearest(const std::string& word, const std::vector<std::string>& known);

}  // namespace tallystick
