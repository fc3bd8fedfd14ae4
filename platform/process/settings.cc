#include "platform/process/settings.h"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "platform/process/settings_file.h"

namespace tallystick {

struct Settings::Parser {
  CLI::App app;
};

namespace {

// The unit of a duration's setting: the last word of its name.
absl::Duration UnitOf(absl::string_view name) {
  return absl::EndsWith(name, "-hours") ? absl::Hours(1) : absl::Milliseconds(1);
}

CLI::Validator ValidatorOf(const SettingCheck& check) {
  return CLI::Validator([why_not = check.why_not](std::string& text) { return why_not(text); },
                        check.description);
}

// INVALID_ARGUMENT, naming the file.
absl::StatusOr<std::vector<SettingLine>> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::InvalidArgumentError("cannot read the settings file " + path);
  absl::StatusOr<std::vector<SettingLine>> lines = ReadSettingLines(file);
  if (lines.ok()) return lines;
  return absl::InvalidArgumentError(absl::StrCat(path, ", ", lines.status().message()));
}

// What every setting of one value has.
template <typename T>
CLI::Option* AddOption(CLI::App& app, const std::string& name, T& value, const std::string& help) {
  return app.add_option("--" + name, value, help)
      ->envname(Settings::EnvironmentName(name))
      ->capture_default_str();
}

}  // namespace

SettingCheck OneOf(std::vector<std::string> words) {
  std::string choice = absl::StrJoin(words, ", ");
  return {absl::StrCat("{", absl::StrJoin(words, ","), "}"),
          [words = std::move(words), choice = std::move(choice)](const std::string& text) {
            return absl::c_linear_search(words, text)
                       ? ""
                       : absl::StrCat("'", text, "' is none of ", choice);
          }};
}

Settings::Settings(std::string description, const std::string& version)
    : parser_(new Parser{CLI::App(std::move(description))}) {
  parser_->app.set_version_flag("--version", version);
  parser_->app
      .add_option("--config", config_path_, "File with settings, one `name = value` a line")
      ->envname("TALLYSTICK_CONFIG");
}

Settings::~Settings() = default;

void Settings::Add(const std::string& name, std::string& value, const std::string& help) {
  AddOption(parser_->app, name, value, help);
}

void Settings::Add(const std::string& name, std::string& value, const std::string& help,
                   const SettingCheck& check) {
  AddOption(parser_->app, name, value, help)->check(ValidatorOf(check));
}

template <typename Number>
void Settings::Add(const std::string& name, Number& value, const std::string& help, int64_t least,
                   int64_t most) {
  AddOption(parser_->app, name, value, help)->check(CLI::Range(least, most));
}

template void Settings::Add(const std::string&, int&, const std::string&, int64_t, int64_t);
template void Settings::Add(const std::string&, int64_t&, const std::string&, int64_t, int64_t);
template void Settings::Add(const std::string&, size_t&, const std::string&, int64_t, int64_t);
template void Settings::Add(const std::string&, double&, const std::string&, int64_t, int64_t);

void Settings::Add(const std::string& name, absl::Duration& value, const std::string& help,
                   absl::Duration least, absl::Duration most) {
  const absl::Duration unit = UnitOf(name);
  parser_->app
      .add_option_function<int64_t>(
          "--" + name, [&value, unit](const int64_t& count) { value = count * unit; }, help)
      ->envname(EnvironmentName(name))
      ->check(CLI::Range(least / unit, most / unit))
      ->default_str(absl::StrCat(value / unit));
}

void Settings::AddFlag(const std::string& name, bool& value, const std::string& help) {
  parser_->app.add_flag("--" + name, value, help)->envname(EnvironmentName(name));
}

void Settings::Require(const std::string& name) {
  parser_->app.get_option("--" + name)->required();
}

void Settings::Check(const std::string& name, const SettingCheck& check) {
  parser_->app.get_option("--" + name)->check(ValidatorOf(check));
}

std::string Settings::EnvironmentName(const std::string& setting) {
  return "TALLYSTICK_" + absl::AsciiStrToUpper(absl::StrReplaceAll(setting, {{"-", "_"}}));
}

// CLI11 would let a file win over the environment, and reads one its own way. What the file says is
// put into the environment where that says nothing, which gives the usual order.
void Settings::FillEnvironmentFromFile(const std::string& path) {
  const absl::StatusOr<std::vector<SettingLine>> lines = ReadFile(path);
  if (!lines.ok()) throw CLI::ConfigError(std::string(lines.status().message()));
  std::string unknown;
  for (const SettingLine& line : *lines) {
    if (parser_->app.get_option_no_throw("--" + line.name) == nullptr) {
      if (unknown.empty()) {
        unknown =
            absl::StrCat(path, ", line ", line.number, ": there is no setting '", line.name, "'");
      }
      continue;
    }
    in_file_[line.name] = line.value;
    setenv(EnvironmentName(line.name).c_str(), line.value.c_str(), 0);
  }
  if (!unknown.empty()) throw CLI::ConfigError(unknown);
}

void Settings::NoteFlags(int argc, char** argv) {
  for (const CLI::Option* option : parser_->app.get_options()) {
    if (std::getenv(option->get_envname().c_str()) != nullptr) {
      overruled_.insert(option->get_single_name());
    }
  }
  for (int i = 1; i < argc; ++i) {
    absl::string_view word = argv[i];
    if (!absl::ConsumePrefix(&word, "--")) continue;
    const size_t equals = word.find('=');
    const std::string name(word.substr(0, equals));
    overruled_.insert(name);
    if (equals != absl::string_view::npos) {
      flags_[name] = std::string(word.substr(equals + 1));
    } else if (i + 1 < argc) {
      flags_[name] = argv[i + 1];
    }
  }
}

std::string Settings::Said(const std::string& name) const {
  const auto flag = flags_.find(name);
  if (flag != flags_.end()) return flag->second;
  const char* value = std::getenv(EnvironmentName(name).c_str());
  return value == nullptr ? "" : value;
}

absl::StatusOr<std::map<std::string, std::optional<std::string>>> Settings::ChangesInFile() const {
  std::map<std::string, std::optional<std::string>> changes;
  if (config_path_.empty()) return changes;
  const absl::StatusOr<std::vector<SettingLine>> lines = ReadFile(config_path_);
  if (!lines.ok()) return lines.status();
  std::map<std::string, std::string> now;
  for (const SettingLine& line : *lines) now[line.name] = line.value;
  for (const auto& [name, value] : now) {
    const auto before = in_file_.find(name);
    if (before == in_file_.end() || before->second != value) changes[name] = value;
  }
  for (const auto& [name, value] : in_file_) {
    if (!now.contains(name)) changes[name] = std::nullopt;
  }
  for (const std::string& name : overruled_) changes.erase(name);
  return changes;
}

std::optional<int> Settings::Parse(int argc, char** argv) {
  try {
    if (const char* path = std::getenv("TALLYSTICK_CONFIG")) config_path_ = path;
    for (int i = 1; i < argc; ++i) {
      absl::string_view word = argv[i];
      if (word == "--config" && i + 1 < argc) config_path_ = argv[i + 1];
      if (absl::ConsumePrefix(&word, "--config=")) config_path_ = std::string(word);
    }
    NoteFlags(argc, argv);
    if (!config_path_.empty()) FillEnvironmentFromFile(config_path_);
    parser_->app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too, with exit code 0.
    if (error.get_exit_code() == 0) return parser_->app.exit(error);
    failure_ = error.what();
    return 2;
  }
}

}  // namespace tallystick
