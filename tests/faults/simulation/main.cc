// tally-simulate: many runs of the whole system in one process, each of one seed.
//
//   tally-simulate [--seeds N] [--first S] [--jobs N] [--defects]
//   tally-simulate --seed S [--trace] [--defect NAME]
//   tally-simulate --list
#include <sodium.h>

#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_join.h"
#include "platform/process/log.h"
#include "tests/faults/simulation/run.h"

namespace {

using namespace tallystick;
using namespace tallystick::simulation;

struct Options {
  uint64_t seeds = 2000;
  uint64_t first = 1;
  std::optional<uint64_t> seed;
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  std::string defect;
  bool defects = false;
  bool trace = false;
  bool list = false;
  bool go_on = false;
};

// In so many runs everything has happened that is to be tried.
constexpr uint64_t kManySeeds = 2000;
constexpr uint64_t kSeedsRunTwice = 20;
constexpr uint64_t kProgress = 10'000;
constexpr size_t kSeedsNamed = 20;

// Each defect has to be found within so many seeds.
constexpr uint64_t kMostSeedsOfDefect = 6000;

struct Found {
  uint64_t seed = 0;
  Violation violation;
};

struct Sum {
  std::optional<Found> found;                        // the first
  std::map<std::string, std::set<uint64_t>> broken;  // by which seeds
  uint64_t runs = 0;
  uint64_t events = 0;
  absl::Duration duration;
  Happenings happenings{};
  std::map<std::string, uint64_t> reasons;
};

// Runs seeds until one breaks a promise, on several threads; which is the first does not depend on
// how many.
Sum RunSeeds(uint64_t first, uint64_t count, Defect defect, unsigned jobs, bool go_on = false) {
  Sum sum;
  std::mutex mutex;
  std::atomic<uint64_t> next = first;
  std::atomic<uint64_t> end = first + count;
  const auto work = [&] {
    for (uint64_t seed = next++; seed < end; seed = next++) {
      const Outcome outcome = Run(PlanOf(seed, defect));
      std::lock_guard lock(mutex);
      if (++sum.runs % kProgress == 0) {
        std::fprintf(stderr, "%lu seeds\n", static_cast<unsigned long>(sum.runs));
      }
      sum.events += outcome.events;
      sum.duration += outcome.duration;
      for (size_t i = 0; i < kHappenings; ++i) sum.happenings[i] += outcome.happenings[i];
      for (const auto& [reason, times] : outcome.reasons) sum.reasons[reason] += times;
      if (!outcome.violation) continue;
      sum.broken[outcome.violation->promise].insert(seed);
      if ((sum.found && sum.found->seed < seed)) continue;
      sum.found = {seed, *outcome.violation};
      if (!go_on) end = std::min<uint64_t>(end, seed);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < jobs; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return sum;
}

int RunOne(const Options& options, Defect defect) {
  const Plan plan = PlanOf(*options.seed, defect);
  const Outcome outcome = Run(plan, options.trace);
  if (outcome.violation) {
    std::fputs(Report(plan, *outcome.violation).c_str(), stdout);
    return 1;
  }
  if (options.trace) std::fputs(outcome.trace.c_str(), stdout);
  std::printf("seed %lu keeps all promises: %lu events\n", static_cast<unsigned long>(plan.seed),
              static_cast<unsigned long>(outcome.events));
  return 0;
}

// What happened, and whether all did that has to in so many runs.
bool Tell(const Happenings& happenings, uint64_t runs) {
  bool all = true;
  for (size_t i = 0; i < kHappenings; ++i) {
    const char* name = ToString(static_cast<Happening>(i));
    std::printf("  %9lu %s\n", static_cast<unsigned long>(happenings[i]), name);
    const bool rare = IsRare(static_cast<Happening>(i));
    if (happenings[i] > 0 || rare || runs < kManySeeds) continue;
    std::printf("that never happened: the runs do not show what they should\n");
    all = false;
  }
  return all;
}

void TellReasons(const std::map<std::string, uint64_t>& reasons) {
  if (!reasons.empty()) std::printf("What people had to decide of trades that were hit:\n");
  for (const auto& [reason, times] : reasons) {
    std::printf("  %9lu %s\n", static_cast<unsigned long>(times), reason.c_str());
  }
}

// A seed is a run: the same, whenever it is run.
bool ComesAgain(uint64_t first) {
  for (uint64_t seed = first; seed < first + kSeedsRunTwice; ++seed) {
    const Plan plan = PlanOf(seed, Defect::kNone);
    const Outcome one = Run(plan, true);
    const Outcome other = Run(plan, true);
    const Outcome untold = Run(plan);
    if (one.trace == other.trace && one.events == untold.events) continue;
    std::printf("seed %lu is another run each time\n", static_cast<unsigned long>(seed));
    return false;
  }
  return true;
}

int RunMany(const Options& options, Defect defect) {
  const auto begin = std::chrono::steady_clock::now();
  const Sum sum = RunSeeds(options.first, options.seeds, defect, options.jobs, options.go_on);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("%lu seeds, %lu events, %.0f hours of their time, in %.1f s: %.0f events a second\n",
              static_cast<unsigned long>(sum.runs), static_cast<unsigned long>(sum.events),
              absl::ToDoubleHours(sum.duration), took.count(),
              static_cast<double>(sum.events) / took.count());
  if (options.go_on) {
    for (const auto& [promise, seeds] : sum.broken) {
      const std::vector<uint64_t> all(seeds.begin(), seeds.end());
      const auto named = std::span(all).first(std::min(all.size(), kSeedsNamed));
      std::printf("broken %zu times: %s; by seeds %s\n", all.size(), promise.c_str(),
                  absl::StrJoin(named, ", ").c_str());
    }
    Tell(sum.happenings, sum.runs);
    TellReasons(sum.reasons);
  }
  if (!sum.found) {
    TellReasons(sum.reasons);
    return Tell(sum.happenings, sum.runs) && ComesAgain(options.first) ? 0 : 1;
  }
  std::fputs(Report(PlanOf(sum.found->seed, defect), sum.found->violation).c_str(), stdout);
  return 1;
}

// Each of the deliberate defects is found.
int RunDefects(const Options& options) {
  int missed = 0;
  for (const DefectRow& row : AllDefects()) {
    const Sum sum = RunSeeds(options.first, kMostSeedsOfDefect, row.defect, options.jobs);
    if (!sum.found) {
      ++missed;
      std::printf("%-30s NOT FOUND in %lu seeds\n", row.name.data(),
                  static_cast<unsigned long>(kMostSeedsOfDefect));
      continue;
    }
    std::printf("%-30s after %4lu seeds: %s\n", row.name.data(),
                static_cast<unsigned long>(sum.found->seed - options.first + 1),
                sum.found->violation.promise.c_str());
    std::fflush(stdout);
  }
  return missed == 0 ? 0 : 1;
}

int List() {
  for (const DefectRow& row : AllDefects()) {
    std::printf("%-30s %s\n", row.name.data(), row.what.data());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The whole system in one process, on simulated time: what its rules promise, tried.",
               "tally-simulate");
  Options options;
  app.add_option("--seeds", options.seeds, "How many runs")->capture_default_str();
  app.add_option("--first", options.first, "The first seed")->capture_default_str();
  app.add_option("--seed", options.seed, "This one only");
  app.add_option("--jobs", options.jobs, "At a time")->check(CLI::Range(1, 256));
  app.add_option("--defect", options.defect, "With this deliberate defect");
  app.add_flag("--defects", options.defects, "Also: each deliberate defect has to be found");
  app.add_flag("--trace", options.trace, "With --seed: everything that happens");
  app.add_flag("--go-on", options.go_on, "A broken promise ends nothing: all seeds are run");
  app.add_flag("--list", options.list, "The deliberate defects");
  CLI11_PARSE(app, argc, argv);

  if (options.list) return List();
  Defect defect = Defect::kNone;
  if (!options.defect.empty()) {
    const DefectRow* row = FindDefect(options.defect);
    if (row == nullptr) {
      std::fprintf(stderr, "tally-simulate: no defect is called %s; --list names them\n",
                   options.defect.c_str());
      return 2;
    }
    defect = row->defect;
  }
  if (sodium_init() < 0) return 2;
  // What the servers would log, the trace tells.
  (void)log::Start({"tally-simulate", "off"});
  int code = options.seed ? RunOne(options, defect) : RunMany(options, defect);
  if (code == 0 && options.defects) code = RunDefects(options);
  log::Stop();
  return code;
}
