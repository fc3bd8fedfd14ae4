#include "platform/metrics/meters.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace tallystick::metrics {

void Counter::Add(size_t amount) const {
  if (counter_ != nullptr) counter_->Increment(static_cast<double>(amount));
}

void Gauge::Set(double value) const {
  if (gauge_ != nullptr) gauge_->Set(value);
}

void Histogram::Observe(double value) const {
  if (histogram_ != nullptr) histogram_->Observe(value);
}

void Histogram::ObserveSince(SteadyTime begin) const {
  if (histogram_ != nullptr) Observe(absl::ToDoubleSeconds(-Until(begin)));
}

}  // namespace tallystick::metrics
