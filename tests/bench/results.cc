#include "tests/bench/results.h"

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace tallystick::bench {
namespace {

// See docs/performance.md.
constexpr Goal kGoals[] = {
    {"CPU of PlaceOrder, 64 outstanding, µs", true, 250},
    {"CPU of BatchPlaceOrders, µs", true, 150},
    {"CPU of a trade to COMPLETED, µs", true, 600},
    {"PlaceOrder at its best / pgbench at its best", false, 1.2},
    {"BatchPlaceOrders / pgbench at its best", false, 3},
    {"status / echo, 64 outstanding", false, 0.7},
    {"PlaceOrder alone, p50 / pgbench and echo", true, 1.5},
    {"PlaceOrder at half its peak, p99 / echo", true, 4},
    {"authorized at a gateway of 300 ms, trades/s", false, 200},
    {"tally sync, trades/s", false, 20'000},
    {"tally sync, memory, MB", true, 200},
    {"PlaceOrder, 5 million stored / few", false, 0.9},
    {"status, 5 million stored / few", false, 0.9},
    {"soak, CPU of a trade, last minute / first", true, 1.05},
    {"idle, % of a core, shopping", true, 0.5},
    {"idle, % of a core, payment", true, 0.5},
    {"idle, % of a core, delivery", true, 0.5},
    {"idle, % of a core, postgres", true, 0.5},
};

const Goal* GoalOf(const std::string& figure) {
  const auto found = std::ranges::find(kGoals, figure, &Goal::figure);
  return found == std::end(kGoals) ? nullptr : found;
}

double MedianOf(std::vector<double> values) {
  std::ranges::sort(values);
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::string Short(double value) {
  char text[32];
  const double size = std::abs(value);
  std::snprintf(text, sizeof(text), size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
  return text;
}

// Padded by characters and not by bytes.
std::string Padded(const std::string& text, size_t width) {
  const auto is_first = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
  const auto length = static_cast<size_t>(std::ranges::count_if(text, is_first));
  return text + std::string(width > length ? width - length : 1, ' ');
}

nlohmann::json ToJson(const std::vector<double>& values) {
  return {{"median", MedianOf(values)},
          {"least", *std::ranges::min_element(values)},
          {"most", *std::ranges::max_element(values)},
          {"rounds", values}};
}

}  // namespace

void Results::Add(const std::string& figure, double value) {
  const size_t place = values_.size();
  Figure& one = values_[figure];
  if (one.values.empty()) one.place = place;
  one.values.push_back(value);
}

void Results::AddCpu(const std::string& what, const CpuTimes& used, double operations) {
  if (!cpu_.contains(what)) cpu_order_.push_back(what);
  for (const auto& [process, seconds] : used.of) {
    cpu_[what][process].push_back(seconds * 1e6 / operations);
  }
  Add("CPU of " + what + ", µs", used.all() * 1e6 / operations);
}

double Results::Median(const std::string& figure) const {
  const auto found = values_.find(figure);
  if (found == values_.end()) throw std::runtime_error("nothing was measured of " + figure);
  return MedianOf(found->second.values);
}

std::vector<std::string> Results::InOrder() const {
  std::vector<std::string> names;
  for (const auto& [name, figure] : values_) names.push_back(name);
  std::ranges::sort(names, {}, [this](const std::string& name) { return values_.at(name).place; });
  return names;
}

void Results::Print() const {
  std::printf("\n%s%s%s%s\n", Padded("figure", 52).c_str(), Padded("median", 10).c_str(),
              Padded("least – most", 18).c_str(), "to reach");
  for (const std::string& name : InOrder()) {
    const std::vector<double>& values = values_.at(name).values;
    std::string goal;
    if (const Goal* one = GoalOf(name)) {
      const double median = MedianOf(values);
      const bool reached = one->at_most ? median <= one->bound : median >= one->bound;
      goal = std::string(one->at_most ? "≤ " : "≥ ") + Short(one->bound) + (reached ? "" : "  not");
    }
    const std::string spread = values.size() < 2
                                   ? ""
                                   : Short(*std::ranges::min_element(values)) + " – " +
                                         Short(*std::ranges::max_element(values));
    std::printf("%s%s%s%s\n", Padded(name, 52).c_str(), Padded(Short(MedianOf(values)), 10).c_str(),
                Padded(spread, 18).c_str(), goal.c_str());
  }
  static const char* const kProcesses[] = {"client", "shopping", "payment", "delivery", "postgres"};
  std::printf("\n%s", Padded("CPU, µs for one", 36).c_str());
  for (const char* process : kProcesses) std::printf("%s", Padded(process, 10).c_str());
  std::printf("\n");
  for (const std::string& what : cpu_order_) {
    std::printf("%s", Padded(what, 36).c_str());
    for (const char* process : kProcesses) {
      const auto found = cpu_.at(what).find(process);
      const std::string text = found == cpu_.at(what).end() ? "–" : Short(MedianOf(found->second));
      std::printf("%s", Padded(text, 10).c_str());
    }
    std::printf("\n");
  }
}

nlohmann::json Results::ToJson() const {
  nlohmann::json all;
  for (const std::string& name : InOrder()) {
    all["figures"][name] = bench::ToJson(values_.at(name).values);
    if (const Goal* goal = GoalOf(name)) {
      all["figures"][name]["to_reach"] = {{goal->at_most ? "at_most" : "at_least", goal->bound}};
    }
  }
  for (const auto& [what, processes] : cpu_) {
    for (const auto& [process, values] : processes) {
      all["cpu_micros"][what][process] = bench::ToJson(values);
    }
  }
  return all;
}

}  // namespace tallystick::bench
