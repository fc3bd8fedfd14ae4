#include "platform/process/memory.h"

#include <malloc.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

namespace tallystick {
namespace {

constexpr int64_t kMostWaste = int64_t{64} << 20;

int64_t ResidentBytes() {
  int64_t virtual_pages = 0;
  int64_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  return resident_pages * sysconf(_SC_PAGESIZE);
}

}  // namespace

void GiveMemoryBack() {
  const struct mallinfo2 info = mallinfo2();
  const auto needed = static_cast<int64_t>(info.uordblks + info.hblkhd);
  if (ResidentBytes() > needed + kMostWaste) malloc_trim(0);
}

}  // namespace tallystick
