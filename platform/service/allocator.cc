#include "platform/service/allocator.h"

#ifdef TALLYSTICK_JEMALLOC
#include <jemalloc/jemalloc.h>

#include <string>

#include "absl/strings/str_cat.h"
#endif

namespace tallystick {

#ifdef TALLYSTICK_JEMALLOC
namespace {

constexpr ssize_t kDecayMs = 1000;

template <typename T>
void Set(const std::string& name, T value) {
  mallctl(name.c_str(), nullptr, nullptr, &value, sizeof(value));
}

}  // namespace

void GiveMemoryBackSoon() {
  // Of the arenas that are there, and of those to come.
  const std::string all = absl::StrCat("arena.", MALLCTL_ARENAS_ALL);
  for (const std::string& arenas : {all, std::string("arenas")}) {
    Set(arenas + ".dirty_decay_ms", kDecayMs);
    Set(arenas + ".muzzy_decay_ms", ssize_t{0});
  }
  Set("background_thread", true);
}
#else
void GiveMemoryBackSoon() {}
#endif

}  // namespace tallystick
