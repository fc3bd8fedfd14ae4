#include "tests/fuzz/check.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "platform/trade/text.h"

namespace tallystick::fuzz {

void Check(bool holds, absl::string_view claim) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(claim.size()), claim.data());
  std::abort();
}

bool IsHarmless(absl::string_view text) {
  if (!IsValidUtf8(text)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[i + at]); };
    if ((byte(0) < 0x20 && byte(0) != '\n') || byte(0) == 0x7f) return false;
    if (byte(0) == 0xc2 && byte(1) < 0xa0) return false;
    if (byte(0) != 0xe2) continue;
    if (byte(1) == 0x80 && byte(2) >= 0xa8 && byte(2) <= 0xae) return false;
    if (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) return false;
  }
  return true;
}

void MaybeWriteSeeds(int argc, char** argv, const std::vector<std::string>& seeds) {
  if (argc != 3 || absl::string_view(argv[1]) != "seeds") return;
  const std::filesystem::path folder = argv[2];
  std::filesystem::create_directories(folder);
  for (size_t i = 0; i < seeds.size(); ++i) {
    std::ofstream(folder / ("seed-" + std::to_string(i)), std::ios::binary) << seeds[i];
  }
  std::exit(0);
}

}  // namespace tallystick::fuzz

// What the sanitizers do, whoever starts a target: a finding that is only printed would be lost.
// (Leaks cannot be looked for while threads wait for work; long stacks of what was allocated cost
// more than the rest.)
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:handle_abort=1:malloc_context_size=6";
}
extern "C" const char* __ubsan_default_options() { return "halt_on_error=1:print_stacktrace=1"; }
