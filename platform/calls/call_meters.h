// What is counted of the calls of a port, and written down of each, whatever their methods do.
#pragma once

#include <array>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/status.h"
#include "platform/calls/item_outcomes.h"
#include "platform/calls/method.h"
#include "platform/metrics/metrics.h"

namespace tallystick::rpc {

struct MethodMeters {
  metrics::Counter started;
  metrics::Histogram seconds;
  std::array<metrics::Counter, kCodes> handled;  // by status code
  std::array<metrics::Counter, kCodes> items;    // likewise; of a call that has some
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
  // `rpc` is its name in the access log; `traceparent` its own.
  CallMeter(const MethodMeters& method, const RefusalMeters& refusals, absl::string_view rpc,
            std::string traceparent)
      : method_(method),
        refusals_(refusals),
        rpc_(rpc),
        traceparent_(std::move(traceparent)),
        begin_(SteadyNow()) {
    method_.started.Add();
  }
  const std::string& traceparent() const { return traceparent_; }
  // Once: what is answered to `caller`, who is nobody if the call was not let in, and what became
  // of the items if it has some.
  void End(const absl::Status& status, absl::string_view caller,
           const ItemOutcomes& items = {}) const;

 private:
  const MethodMeters& method_;
  const RefusalMeters& refusals_;
  const absl::string_view rpc_;
  const std::string traceparent_;
  const SteadyTime begin_;
};

}  // namespace tallystick::rpc
