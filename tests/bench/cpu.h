// The CPU time of processes, user and system together, in seconds: what the kernel counts, in steps
// of a hundredth.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>

namespace tallystick::bench {

struct CpuTimes {
  std::map<std::string, double> of;  // by what the process is called

  double all() const;
  CpuTimes operator-(const CpuTimes& before) const;
};

double CpuOfThisProcess();
double CpuOf(pid_t process);
// Of all processes of a cluster, those that have ended as well.
double CpuOfPostgres(pid_t postmaster);
int64_t ResidentBytes(pid_t process);

}  // namespace tallystick::bench
