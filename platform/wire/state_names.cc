#include "platform/wire/state_names.h"

#include "absl/strings/strip.h"

namespace tallystick::wire {

std::vector<std::string> StateNames(const google::protobuf::EnumDescriptor& states) {
  const std::string& first = states.value(0)->name();
  const absl::string_view prefix = absl::StripSuffix(first, "UNSPECIFIED");
  std::vector<std::string> names;
  for (int i = 0; i < states.value_count(); ++i) {
    names.emplace_back(absl::StripPrefix(states.value(i)->name(), prefix));
  }
  return names;
}

}  // namespace tallystick::wire
