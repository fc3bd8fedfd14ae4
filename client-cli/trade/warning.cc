#include "client-cli/trade/warning.h"

namespace tallystick {

std::string ToString(Severity severity) {
  switch (severity) {
    case Severity::kNotice: return "notice";
    case Severity::kWarning: return "warning";
    case Severity::kAlarm: return "alarm";
  }
  return "warning";
}

bool IsSame(const Warning& one, const Warning& other) {
  return one.rule == other.rule && one.sentence == other.sentence && one.evidence == other.evidence;
}

bool IsDoubt(const Warning& warning) {
  return warning.rule == "ID-3" || warning.rule == "HISTORY-1" || warning.rule == "HISTORY-2";
}

PerSide<bool> Doubts(std::span<const KeptWarning> warnings) {
  PerSide<bool> doubted;
  for (const KeptWarning& kept : warnings) {
    if (kept.resolve_time || kept.acknowledge_time || !IsDoubt(kept.warning)) continue;
    const auto service = kept.warning.evidence.find("service");
    if (service == kept.warning.evidence.end()) continue;
    if (const auto side = SideOfService(service->second)) doubted[*side] = true;
  }
  return doubted;
}

}  // namespace tallystick
