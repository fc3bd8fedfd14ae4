// What was measured: by name, a value for each round.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/cpu.h"

namespace tallystick::bench {

// What a figure has to reach.
struct Goal {
  const char* figure;
  bool at_most;
  double bound;
};

// A figure has a name with its unit at the end, such as "PlaceOrder, orders/s".
class Results {
 public:
  void Add(const std::string& figure, double value);
  // Microseconds of each process for one of `operations`, and of all of them.
  void AddCpu(const std::string& what, const CpuTimes& used, double operations);

  double Median(const std::string& figure) const;
  bool Has(const std::string& figure) const { return values_.contains(figure); }

  // Tables, with medians, spread and what is to be reached.
  void Print() const;
  nlohmann::json ToJson() const;

 private:
  struct Figure {
    std::vector<double> values;
    size_t place = 0;  // in the order in which they came
  };
  std::vector<std::string> InOrder() const;

  std::map<std::string, Figure> values_;
  std::map<std::string, std::map<std::string, std::vector<double>>> cpu_;  // by what and process
  std::vector<std::string> cpu_order_;
};

}  // namespace tallystick::bench
