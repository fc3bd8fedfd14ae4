#include "platform/service/reload.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "platform/process/log.h"
#include "platform/service/server_settings.h"

namespace tallystick::rpc {
namespace {

constexpr char kLogLevelName[] = "log-level";

void Say(const std::string& level, const std::vector<std::string>& waits) {
  log::Info("reloaded",
            {{"log_level", level},
             {"by_themselves", "keys, certificates"},
             {"at_next_start", waits.empty() ? "nothing" : absl::StrJoin(waits, ", ")}});
}

}  // namespace

void Reload(const Settings& settings, const std::string& level) {
  const auto changes = settings.ChangesInFile();
  if (!changes.ok()) {
    log::Error("not reloaded", {{"reason", changes.status().message()}});
    return;
  }
  std::string wanted = level;
  std::vector<std::string> waits;
  for (const auto& [name, value] : *changes) {
    if (name == kLogLevelName) {
      wanted = value.value_or(log::Options().level);
    } else {
      waits.push_back(name);
    }
  }
  const std::string why_not = LogLevelCheck().why_not(wanted);
  if (!why_not.empty()) {
    log::Error("not reloaded", {{"reason", why_not}});
    return;
  }
  // Before and not after, when nothing of the kind is to be written from now on.
  const bool is_silent = wanted == "warn" || wanted == "error";
  if (is_silent) Say(wanted, waits);
  (void)log::SetLevel(wanted);
  if (!is_silent) Say(wanted, waits);
}

}  // namespace tallystick::rpc
