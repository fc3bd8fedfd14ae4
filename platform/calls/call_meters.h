// What is counted of the calls of a port, whatever their methods do.
#pragma once

#include <array>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "platform/calls/method.h"
#include "platform/metrics/metrics.h"

namespace tallystick::rpc {

struct MethodMeters {
  static constexpr size_t kCodes = 17;
  metrics::Counter started;
  metrics::Histogram seconds;
  std::array<metrics::Counter, kCodes> handled;  // by status code
};

// `service`: the full name.
MethodMeters MethodMetersOf(metrics::Metrics& metrics, absl::string_view service,
                            const Method& method);
// Of calls to methods that there are not; one for all, whatever callers make up.
MethodMeters UnknownMethodMeters(metrics::Metrics& metrics);

// Calls that were turned away, by the reason that their callers were given.
class RefusalMeters {
 public:
  explicit RefusalMeters(metrics::Metrics& metrics);
  // Does nothing for an answer that is no refusal.
  void Count(const absl::Status& status) const;

 private:
  std::unordered_map<std::string, metrics::Counter> by_reason_;  // empty when off
};

// One call, from its headers on. What it refers to must outlive it.
class CallMeter {
 public:
  CallMeter(const MethodMeters& method, const RefusalMeters& refusals)
      : method_(method), refusals_(refusals), begin_(SteadyNow()) {
    method_.started.Add();
  }
  // Once: what is answered.
  void End(const absl::Status& status) const;

 private:
  const MethodMeters& method_;
  const RefusalMeters& refusals_;
  const SteadyTime begin_;
};

}  // namespace tallystick::rpc
