#include "platform/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cassert>
#include <map>
#include <vector>

#include "absl/strings/str_split.h"

namespace tallystick::metrics {
namespace {

// From what a call costs in memory to what no caller waits for.
const std::vector<double> kSecondsBuckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                          0.1,    0.25,  0.5,    1,     2.5,  5,     10};
// Up to the most that a batch takes.
const std::vector<double> kSizesBuckets{1, 2, 4, 8, 16, 32, 64, 128, 256, 500};

std::map<std::string, std::string> LabelsOf(const Declaration& declaration,
                                            Metrics::Values values) {
  std::map<std::string, std::string> labels;
  auto value = values.begin();
  for (const absl::string_view name : absl::StrSplit(declaration.labels, ' ', absl::SkipEmpty())) {
    assert(value != values.end());
    labels.emplace(name, *value++);
  }
  assert(value == values.end());
  return labels;
}

// The one of that name that there is, or a new one.
template <typename Builder>
auto& FamilyOf(Builder builder, const Declaration& declaration, prometheus::Registry& registry) {
  return builder.Name(declaration.name).Help(declaration.help).Register(registry);
}

}  // namespace

Metrics::Metrics(bool on) : registry_(on ? std::make_unique<prometheus::Registry>() : nullptr) {}

Metrics::~Metrics() = default;

Counter Metrics::MakeCounter(const Declaration& declaration, Values values) {
  if (!on()) return Counter();
  return Counter(FamilyOf(prometheus::BuildCounter(), declaration, *registry_)
                     .Add(LabelsOf(declaration, values)));
}

Gauge Metrics::MakeGauge(const Declaration& declaration, Values values) {
  if (!on()) return Gauge();
  return Gauge(FamilyOf(prometheus::BuildGauge(), declaration, *registry_)
                   .Add(LabelsOf(declaration, values)));
}

Histogram Metrics::MakeHistogram(const Declaration& declaration, Values values) {
  if (!on()) return Histogram();
  const bool is_time = declaration.kind == Declaration::kSeconds;
  return Histogram(
      FamilyOf(prometheus::BuildHistogram(), declaration, *registry_)
          .Add(LabelsOf(declaration, values), is_time ? kSecondsBuckets : kSizesBuckets));
}

std::string Metrics::Text() const {
  return on() ? prometheus::TextSerializer().Serialize(registry_->Collect()) : "";
}

}  // namespace tallystick::metrics
