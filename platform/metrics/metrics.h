// The metrics of a process: gives out the meters of what is declared, and writes down what they
// have counted, in Prometheus' text format.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "platform/metrics/declared.h"
#include "platform/metrics/meters.h"

namespace prometheus {
class Registry;
}

namespace tallystick::metrics {

// Thread-safe. To make a meter takes a lock: do it once, and keep it.
class Metrics {
 public:
  // Off: nothing is counted, and no text written.
  explicit Metrics(bool on);
  ~Metrics();
  Metrics(const Metrics&) = delete;

  bool on() const { return registry_ != nullptr; }

  // `values`: of the declaration's labels, one each, in that order. The same ones give the same
  // meter.
  using Values = std::initializer_list<absl::string_view>;
  Counter MakeCounter(const Declaration& declaration, Values values = {});
  Gauge MakeGauge(const Declaration& declaration, Values values = {});
  Histogram MakeHistogram(const Declaration& declaration, Values values = {});

  std::string Text() const;

 private:
  const std::unique_ptr<prometheus::Registry> registry_;  // null when off
};

}  // namespace tallystick::metrics
