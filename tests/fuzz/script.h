// An input of the targets that take messages: several of them, one after the other, so that later
// ones meet what earlier ones have made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace tallystick::fuzz {

inline constexpr size_t kMaxSteps = 8;

struct Step {
  uint8_t kind = 0;   // which message: the low six bits; the rest is the target's
  std::string bytes;  // of the message
};
using Script = std::vector<Step>;

// Every step as its kind, the length in two bytes, and its bytes. Anything can be read: what is too
// short is taken as it is.
Script ReadScript(absl::string_view input);
std::string WriteScript(const Script& script);

}  // namespace tallystick::fuzz
