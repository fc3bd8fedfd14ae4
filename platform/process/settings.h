// Settings of a server under one name each: flag --max-batch, environment TALLYSTICK_MAX_BATCH, and
// `max-batch = 64` in the file that --config names. A flag wins over the environment, the
// environment over the file, the file over the default.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tallystick {

// What a text has to be.
struct SettingCheck {
  std::string description;  // in --help
  // Why a text is not taken, or nothing.
  std::function<std::string(const std::string&)> why_not;
};

SettingCheck OneOf(std::vector<std::string> words);

// Not thread-safe; used once, at the start of main. (CLI11 stays behind it: whoever includes that
// compiles all of it.)
class Settings {
 public:
  Settings(std::string description, const std::string& version);
  ~Settings();

  // `value` holds the default and receives the setting; it must outlive Parse. The unit of a number
  // is the last word of its name (…-ms, …-bytes); it is whole, from `least` to `most`.
  void Add(const std::string& name, std::string& value, const std::string& help);
  void Add(const std::string& name, std::string& value, const std::string& help,
           const SettingCheck& check);
  // Of int, int64_t, size_t and double.
  template <typename Number>
  void Add(const std::string& name, Number& value, const std::string& help, int64_t least,
           int64_t most);
  void Add(const std::string& name, absl::Duration& value, const std::string& help,
           absl::Duration least, absl::Duration most);
  void AddFlag(const std::string& name, bool& value, const std::string& help);
  // No start without it.
  void Require(const std::string& name);
  // One more, of any setting.
  void Check(const std::string& name, const SettingCheck& check);

  // Nullopt when the server should start; otherwise the exit code: 0 when what was asked for was
  // printed (--help, --version), 2 for a wrong setting, which failure() tells of.
  std::optional<int> Parse(int argc, char** argv);
  const std::string& failure() const { return failure_; }

  // After Parse, though it failed: what a flag, the environment or the file says of a setting;
  // empty if none does.
  std::string Said(const std::string& name) const;

  // What the file that --config names says otherwise than at Parse, by the settings' names; nullopt
  // for what it does not set any more. Without what a flag or the environment had said, which wins.
  // INVALID_ARGUMENT when the file cannot be read now. The values are not checked, and nothing is
  // set.
  absl::StatusOr<std::map<std::string, std::optional<std::string>>> ChangesInFile() const;

  static std::string EnvironmentName(const std::string& setting);

 private:
  struct Parser;

  void NoteFlags(int argc, char** argv);
  void FillEnvironmentFromFile(const std::string& path);

  std::unique_ptr<Parser> parser_;
  std::string config_path_;
  std::string failure_;
  std::map<std::string, std::string> flags_;    // as they are written
  std::map<std::string, std::string> in_file_;  // at Parse
  std::set<std::string> overruled_;             // by a flag or the environment
};

}  // namespace tallystick
