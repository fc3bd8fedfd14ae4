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

}  // namespace tallystick
