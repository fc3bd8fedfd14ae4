// tally-faults: real servers, real load, real faults, and an auditor.
//
//   tally-faults [--short] [--seed N] [--fault NAME]… [--orders N] [--rate N] [--keep DIR]
//   tally-faults --restore [--loss NAME]…
//   tally-faults --figure NAME
//   tally-faults --list
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "absl/time/clock.h"
#include "tests/faults/figures.h"
#include "tests/faults/loss.h"
#include "tests/faults/report.h"

namespace {

using namespace tallystick::faults;

// What is mounted here ends with this process.
void OwnMounts() {
  if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0) return;
  mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr);
}

// `loses`: what is lost is told, and must only have been noticed.
int RunAndTell(const RunOptions& options, bool loses) {
  const Report report = Run(options);
  std::fputs(ToText(report).c_str(), stdout);
  std::fflush(stdout);
  return (loses ? IsNoticed(report) : IsGood(report)) ? 0 : 1;
}

int Measure(const std::string& name) {
  for (const Figure& figure : AllFigures()) {
    if (figure.name != name) continue;
    try {
      figure.measure();
      return 0;
    } catch (const std::exception& error) {
      std::printf("tally-faults: %s\n", error.what());
      return 1;
    }
  }
  std::fprintf(stderr, "tally-faults: no figure is called %s; --list names them\n", name.c_str());
  return 2;
}

// `chosen` empty: all of them.
int SufferLosses(const std::vector<std::string>& chosen, const LossOptions& options) {
  std::vector<LossReport> reports;
  for (const Loss& loss : AllLosses()) {
    if (!chosen.empty() && std::ranges::find(chosen, loss.name) == chosen.end()) continue;
    reports.push_back(Suffer(loss, options));
  }
  if (reports.size() < chosen.size()) {
    std::fprintf(stderr, "tally-faults: there are not so many losses; --list names them\n");
    return 2;
  }
  std::fputs(ToTable(reports).c_str(), stdout);
  return std::ranges::all_of(reports, [](const LossReport& one) { return IsGood(one); }) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Nothing lost, nothing doubled, whatever dies: tried on real processes.",
               "tally-faults");
  RunOptions options;
  options.seed = static_cast<uint64_t>(absl::ToUnixSeconds(absl::Now()));
  std::vector<std::string> chosen;
  std::string figure;
  std::vector<std::string> losses;
  bool restore = false;
  bool list = false;
  app.add_flag("--list", list, "The faults and the figures");
  app.add_option("--figure", figure, "Measures one of the figures instead");
  app.add_flag("--restore", restore, "Databases that go back in time, and what heals");
  app.add_option("--loss", losses, "Only these of them");
  app.add_flag("--short", options.short_form, "Some of them, within about three minutes");
  app.add_option("--seed", options.seed, "What is chosen at random");
  app.add_option("--fault", chosen, "Only these, in this order");
  CLI::Option* orders = app.add_option("--orders", options.least_orders, "At least so many");
  app.add_option("--rate", options.orders_a_second, "Orders a second");
  app.add_option("--keep", options.keep, "Keeps logs, ledgers and the gateway's book there");
  CLI11_PARSE(app, argc, argv);
  const std::vector<Fault> all = AllFaults();
  if (list) {
    for (const Fault& fault : all) {
      std::printf("%-20s %3d s%s  %s\n", fault.name.c_str(), fault.seconds,
                  fault.short_seconds > 0 ? ", short" : "       ", fault.what.c_str());
    }
    for (const Figure& one : AllFigures()) {
      std::printf("--figure %-11s %15s%s\n", one.name.c_str(), "", one.what.c_str());
    }
    for (const Loss& loss : AllLosses()) {
      std::printf("--restore --loss %s\n", loss.name.c_str());
    }
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  setenv("GRPC_VERBOSITY", "NONE", 0);
  OwnMounts();
  if (!figure.empty()) return Measure(figure);
  if (restore || !losses.empty()) {
    LossOptions loss_options;
    loss_options.seed = options.seed;
    loss_options.keep = options.keep;
    return SufferLosses(losses, loss_options);
  }
  if (options.short_form) {
    if (orders->count() == 0) options.least_orders = 400;
    options.orders_a_second = 10;
  } else if (!chosen.empty() && orders->count() == 0) {
    options.least_orders = 0;
  }
  bool loses = false;
  if (chosen.empty()) {
    for (const Fault& fault : all) {
      if (!fault.loses && (!options.short_form || fault.short_seconds > 0)) {
        options.faults.push_back(fault);
      }
    }
  }
  for (const std::string& name : chosen) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Fault& fault) { return fault.name == name; });
    if (found == all.end()) {
      std::fprintf(stderr, "tally-faults: no fault is called %s; --list names them\n",
                   name.c_str());
      return 2;
    }
    loses |= found->loses;
    options.faults.push_back(*found);
  }
  std::printf("seed %llu\n", static_cast<unsigned long long>(options.seed));
  try {
    int code = RunAndTell(options, loses);
    if (options.short_form || !chosen.empty()) return code;
    // What loses by its nature comes last, each on an installation of its own.
    options.least_orders = 0;
    for (const Fault& fault : all) {
      if (!fault.loses) continue;
      options.faults = {fault};
      std::printf(
          "\nThis one loses what was committed last; what follows is told, and must have been "
          "noticed:\n");
      code = std::max(code, RunAndTell(options, true));
    }
    return code;
  } catch (const std::exception& error) {
    std::printf("tally-faults: %s\n", error.what());
    return 1;
  }
}
