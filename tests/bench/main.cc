// tally-bench: what orders and statuses cost and how fast they are, each beside its baseline in the
// same run.
//
//   tally-bench [--quick] [--rounds N] [--only NAME]… [--metrics] [--json FILE]
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

#include "tests/bench/echo.h"
#include "tests/bench/measures.h"
#include "tests/bench/statements.h"

int main(int argc, char** argv) {
  using namespace tallystick::bench;
  CLI::App app("What orders and statuses cost, each beside its baseline.", "tally-bench");
  Scale scale;
  bool quick = false;
  bool list = false;
  bool statements = false;
  bool metrics = false;
  std::vector<std::string> only;
  std::string json;
  std::vector<std::string> echo;
  app.add_flag("--quick", quick, "Two rounds of less");
  app.add_option("--rounds", scale.rounds, "How often each is measured")->check(CLI::Range(1, 99));
  app.add_option("--only", only, "These measures");
  app.add_flag("--statements", statements, "Also: PostgreSQL's statements, which costs some time");
  app.add_flag("--metrics", metrics, "The servers count what they do, for a port for watching");
  app.add_flag("--list", list, "The measures");
  app.add_option("--json", json, "File for the results");
  app.add_option("--echo", echo, "Be the echo: PUBLIC INTERNAL KEYS DATABASE")->expected(4);
  CLI11_PARSE(app, argc, argv);
  if (!echo.empty()) return RunEcho(echo[0], echo[1], echo[2], echo[3]);
  if (list) {
    for (const Measure& measure : kMeasures) std::printf("%-12s %s\n", measure.name, measure.what);
    return 0;
  }
  for (const std::string& name : only) {
    if (std::ranges::find(kMeasures, name, &Measure::name) != kMeasures.end()) continue;
    std::fprintf(stderr, "tally-bench: nothing is called %s; --list names all\n", name.c_str());
    return 2;
  }
  if (quick) scale = {.rounds = 2, .orders = 2000, .pgbench_seconds = 1, .buyers_orders = 10'000};
  try {
    BenchStack stack(metrics);
    if (statements) CountStatements(stack);
    Results results;
    bool loaded = false;
    for (const Measure& measure : kMeasures) {
      const bool asked_for = std::ranges::find(only, measure.name) != only.end();
      if (only.empty() ? measure.takes_long : !asked_for) continue;
      std::fprintf(stderr, "%s: %s\n", measure.name, measure.what);
      if (!std::exchange(loaded, true)) {
        stack.Start(kHeld);
        stack.LoadProducts();
      }
      if (statements) PrintStatements(stack);
      measure.run(stack, scale, results);
    }
    if (statements) PrintStatements(stack);
    results.Print();
    if (!json.empty()) std::ofstream(json) << results.ToJson().dump(2) << "\n";
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tally-bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
