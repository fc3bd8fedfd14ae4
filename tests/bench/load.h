// Calls made of a server, and how long each took.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <vector>

#include "absl/time/time.h"

namespace tallystick::bench {

struct Load {
  double seconds = 0;             // from the first call to the last answer
  std::vector<double> latencies;  // in seconds, sorted
  int failed = 0;

  double per_second() const { return static_cast<double>(latencies.size()) / seconds; }
  double Percentile(double part) const;  // 0.5, 0.99
};

// Starts call `number` and has `done` called, once, from any thread.
using Done = std::function<void(const grpc::Status&)>;
using StartCall = std::function<void(int number, Done done)>;

// `count` calls, `outstanding` at a time: the next when one is answered.
Load RunClosed(int count, int outstanding, const StartCall& start);

// `count` calls at even distances, whether or not the ones before are answered; a call's time
// counts from when it was to be made.
Load RunOpen(int count, double per_second, const StartCall& start);

}  // namespace tallystick::bench
