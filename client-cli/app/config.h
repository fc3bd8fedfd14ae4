// The settings that a buyer has written down, so that they need not be typed.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

#include "absl/status/status.h"

namespace tallystick {

// $XDG_CONFIG_HOME/tallystick/config.toml, else below ~/.config.
std::string ConfigPath();

// Makes the values of the file at `path` those that options have when neither they nor their
// environment variables are given. INVALID_ARGUMENT naming the file, and the key that is unknown or
// has a value that its option does not take. No file is no settings.
absl::Status ApplyConfig(const std::string& path, CLI::App& app);

}  // namespace tallystick
