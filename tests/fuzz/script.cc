#include "tests/fuzz/script.h"

#include <algorithm>

namespace tallystick::fuzz {

Script ReadScript(absl::string_view input) {
  Script script;
  while (input.size() > 2 && script.size() < kMaxSteps) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(input[i]); };
    const size_t length = std::min<size_t>(byte(1) + 256u * byte(2), input.size() - 3);
    script.push_back({byte(0), std::string(input.substr(3, length))});
    input.remove_prefix(3 + length);
  }
  return script;
}

std::string WriteScript(const Script& script) {
  std::string output;
  for (const Step& step : script) {
    const size_t length = std::min<size_t>(step.bytes.size(), 0xffff);
    output += static_cast<char>(step.kind);
    output += static_cast<char>(length & 0xff);
    output += static_cast<char>(length >> 8);
    output.append(step.bytes, 0, length);
  }
  return output;
}

}  // namespace tallystick::fuzz
