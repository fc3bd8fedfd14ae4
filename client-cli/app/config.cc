#include "client-cli/app/config.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/usage.h"
#include "platform/process/guarded_file.h"

namespace tallystick {
namespace {

struct Setting {
  const char* key;
  const char* command;  // "": of all
  const char* option;
};

constexpr Setting kSettings[] = {{"shop", "", "--profile"},
                                 {"output", "", "--output"},
                                 {"address", "order", "--to"},
                                 {"terms", "order", "--terms"},
                                 {"delivery", "order", "--option"}};

constexpr size_t kMostBytes = size_t{1} << 16;

absl::Status Wrong(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", what));
}

std::string KeysText(const std::string& key) {
  std::vector<std::string> keys;
  std::string all;
  for (const Setting& setting : kSettings) {
    keys.emplace_back(setting.key);
    absl::StrAppend(&all, all.empty() ? "" : ", ", setting.key);
  }
  const std::string nearest = Nearest(key, keys);
  return nearest.empty() ? absl::StrCat("there are ", all)
                         : absl::StrCat("did you mean ", nearest, "?");
}

absl::Status Apply(const std::string& path, const CLI::ConfigItem& item, CLI::App& app) {
  const std::string key = item.fullname();
  const auto* const setting =
      std::ranges::find_if(kSettings, [&](const Setting& known) { return key == known.key; });
  if (setting == std::end(kSettings)) {
    return Wrong(path, absl::StrCat("there is no setting '", key, "'; ", KeysText(key)));
  }
  if (item.inputs.size() != 1) {
    return Wrong(path, absl::StrCat(key, " takes one value: ", key, " = \"…\""));
  }
  CLI::App* command = *setting->command == '\0' ? &app : app.get_subcommand(setting->command);
  try {
    command->get_option(setting->option)
        ->run_callback_for_default()
        ->default_val(item.inputs.front());
  } catch (const CLI::Error& error) {
    return Wrong(path, absl::StrCat(key, ": ", error.what()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string ConfigPath() {
  constexpr char kName[] = "/tallystick/config.toml";
  if (const char* home = std::getenv("XDG_CONFIG_HOME"); home != nullptr && *home != '\0') {
    return absl::StrCat(home, kName);
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "." : home, "/.config", kName);
}

absl::Status ApplyConfig(const std::string& path, CLI::App& app) {
  std::error_code none;
  if (!std::filesystem::exists(path, none) && none == std::error_code()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = ReadRegularFile(path, kMostBytes);
  if (!text.ok()) return absl::InvalidArgumentError(text.status().message());
  std::istringstream file(*text);
  std::vector<CLI::ConfigItem> items;
  try {
    CLI::ConfigTOML toml;
    toml.comment('\0');  // a line may be one; within a value, # is a letter: "Apartment #5"
    items = toml.from_config(file);
  } catch (const CLI::Error& error) {
    return Wrong(path, error.what());
  }
  for (const CLI::ConfigItem& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // a section begins or ends
    const absl::Status applied = Apply(path, item, app);
    if (!applied.ok()) return applied;
  }
  return absl::OkStatus();
}

}  // namespace tallystick
