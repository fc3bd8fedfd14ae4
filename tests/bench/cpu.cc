#include "tests/bench/cpu.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace tallystick::bench {
namespace {

// Of /proc/PID/stat, see proc(5): the fields behind the name, from `state` on.
struct ProcessStat {
  pid_t parent = 0;
  double own = 0;          // seconds
  double of_children = 0;  // that have ended
};

std::optional<ProcessStat> ReadStat(const std::filesystem::path& folder) {
  std::ifstream file(folder / "stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  const std::vector<std::string> fields = absl::StrSplit(line.substr(name_end + 2), ' ');
  constexpr size_t kParent = 1;
  constexpr size_t kUserTime = 11;  // then system, user and system of children
  if (fields.size() < kUserTime + 4) return std::nullopt;
  const auto seconds = [&](size_t at) {
    int64_t ticks = 0;
    (void)absl::SimpleAtoi(fields[at], &ticks);
    return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
  };
  ProcessStat stat;
  (void)absl::SimpleAtoi(fields[kParent], &stat.parent);
  stat.own = seconds(kUserTime) + seconds(kUserTime + 1);
  stat.of_children = seconds(kUserTime + 2) + seconds(kUserTime + 3);
  return stat;
}

std::filesystem::path FolderOf(pid_t process) {
  return std::filesystem::path("/proc") / std::to_string(process);
}

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

double CpuTimes::all() const {
  double sum = 0;
  for (const auto& [name, seconds] : of) sum += seconds;
  return sum;
}

CpuTimes CpuTimes::operator-(const CpuTimes& before) const {
  CpuTimes difference = *this;
  for (const auto& [name, seconds] : before.of) difference.of[name] -= seconds;
  return difference;
}

double CpuOfThisProcess() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
}

double CpuOf(pid_t process) {
  const auto stat = ReadStat(FolderOf(process));
  return stat ? stat->own : 0;
}

double CpuOfPostgres(pid_t postmaster) {
  const auto own = ReadStat(FolderOf(postmaster));
  double sum = own ? own->own + own->of_children : 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const auto stat = ReadStat(entry.path());
    if (stat && stat->parent == postmaster) sum += stat->own;
  }
  return sum;
}

int64_t ResidentBytes(pid_t process) {
  std::ifstream file(FolderOf(process) / "statm");
  int64_t pages = 0;
  int64_t resident = 0;
  file >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace tallystick::bench
