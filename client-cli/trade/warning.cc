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

}  // namespace tallystick
