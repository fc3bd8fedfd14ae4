#include "platform/process/settings.h"

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"

namespace tallystick {

Settings::Settings(std::string description, std::string version) : app_(std::move(description)) {
  app_.set_version_flag("--version", std::move(version));
  app_.add_option("--config", config_path_, "File with settings, one `name = value` a line")
      ->envname("TALLYSTICK_CONFIG");
}

namespace {

// The unit of a duration's setting: the last word of its name.
absl::Duration UnitOf(absl::string_view name) {
  return absl::EndsWith(name, "-hours") ? absl::Hours(1) : absl::Milliseconds(1);
}

}  // namespace

CLI::Option* Settings::Add(const std::string& name, absl::Duration& value, const std::string& help,
                           absl::Duration least, absl::Duration most) {
  const absl::Duration unit = UnitOf(name);
  return app_
      .add_option_function<int64_t>(
          "--" + name, [&value, unit](const int64_t& count) { value = count * unit; }, help)
      ->envname(EnvironmentName(name))
      ->check(CLI::Range(least / unit, most / unit))
      ->default_str(absl::StrCat(value / unit));
}

CLI::Option* Settings::AddFlag(const std::string& name, bool& value, const std::string& help) {
  return app_.add_flag("--" + name, value, help)->envname(EnvironmentName(name));
}

std::string Settings::EnvironmentName(const std::string& setting) {
  return "TALLYSTICK_" + absl::AsciiStrToUpper(absl::StrReplaceAll(setting, {{"-", "_"}}));
}

// CLI11 would let its file win over the environment. What the file says is put into the environment
// where that says nothing, which gives the usual order.
void Settings::FillEnvironmentFromFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw CLI::FileError("cannot read the settings file " + path);
  for (const CLI::ConfigItem& item : CLI::ConfigINI().from_config(file)) {
    const CLI::Option* option = app_.get_option_no_throw("--" + item.name);
    if (option == nullptr || item.inputs.size() != 1) {
      throw CLI::ConfigError(path + ": no setting takes the line '" + item.fullname() + "'");
    }
    setenv(EnvironmentName(item.name).c_str(), item.inputs.front().c_str(), 0);
  }
}

std::optional<int> Settings::Parse(int argc, char** argv) {
  try {
    if (const char* path = std::getenv("TALLYSTICK_CONFIG")) config_path_ = path;
    for (int i = 1; i < argc; ++i) {
      absl::string_view word = argv[i];
      if (word == "--config" && i + 1 < argc) config_path_ = argv[i + 1];
      if (absl::ConsumePrefix(&word, "--config=")) config_path_ = std::string(word);
    }
    if (!config_path_.empty()) FillEnvironmentFromFile(config_path_);
    app_.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too, with exit code 0.
    return app_.exit(error) == 0 ? 0 : 2;
  }
}

}  // namespace tallystick
