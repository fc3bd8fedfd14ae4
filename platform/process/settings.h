// Settings of a server under one name each: flag --max-batch, environment TALLYSTICK_MAX_BATCH, and
// `max-batch = 64` in the file that --config names. A flag wins over the environment, the
// environment over the file, the file over the default.
#pragma once

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

#include "absl/time/time.h"

namespace tallystick {

// Not thread-safe; used once, at the start of main.
class Settings {
 public:
  Settings(std::string description, std::string version);

  // `value` holds the default and receives the setting; it must outlive Parse. The unit of a number
  // is the last word of its name (…-ms, …-bytes).
  template <typename T>
  CLI::Option* Add(const std::string& name, T& value, const std::string& help) {
    return app_.add_option("--" + name, value, help)
        ->envname(EnvironmentName(name))
        ->capture_default_str();
  }
  // A whole number of what the name ends with, from `least` to `most`.
  CLI::Option* Add(const std::string& name, absl::Duration& value, const std::string& help,
                   absl::Duration least, absl::Duration most);
  CLI::Option* AddFlag(const std::string& name, bool& value, const std::string& help);

  // Nullopt when the server should start; otherwise the exit code, everything having been printed
  // (--help, --version, a wrong setting).
  std::optional<int> Parse(int argc, char** argv);

  static std::string EnvironmentName(const std::string& setting);

 private:
  void FillEnvironmentFromFile(const std::string& path);

  CLI::App app_;
  std::string config_path_;
};

}  // namespace tallystick
