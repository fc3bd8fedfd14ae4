// What counts: handles on single metrics, looked up once and kept by whoever counts. Cheap to copy.
// One that was made from nothing, or by metrics that are off, counts nothing. Thread-safe; the
// Metrics that made it must outlive it.
#pragma once

#include "platform/time/steady.h"

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tallystick::metrics {

class Counter {
 public:
  Counter() = default;
  explicit Counter(prometheus::Counter& counter) : counter_(&counter) {}
  void Add(size_t amount = 1) const;

 private:
  prometheus::Counter* counter_ = nullptr;
};

class Gauge {
 public:
  Gauge() = default;
  explicit Gauge(prometheus::Gauge& gauge) : gauge_(&gauge) {}
  void Set(double value) const;

 private:
  prometheus::Gauge* gauge_ = nullptr;
};

class Histogram {
 public:
  Histogram() = default;
  explicit Histogram(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void Observe(double value) const;
  // In seconds.
  void ObserveSince(SteadyTime begin) const;

 private:
  prometheus::Histogram* histogram_ = nullptr;
};

// Observes how long its scope took.
class Timer {
 public:
  explicit Timer(const Histogram& histogram) : histogram_(histogram), begin_(SteadyNow()) {}
  ~Timer() { histogram_.ObserveSince(begin_); }
  Timer(const Timer&) = delete;

 private:
  const Histogram& histogram_;
  const SteadyTime begin_;
};

}  // namespace tallystick::metrics
