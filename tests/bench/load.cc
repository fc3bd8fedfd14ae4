#include "tests/bench/load.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <semaphore>
#include <thread>

namespace tallystick::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point begin) {
  return std::chrono::duration<double>(SteadyClock::now() - begin).count();
}

// Thread-safe.
class Answers {
 public:
  explicit Answers(int expected) : expected_(expected) {}

  void Take(double latency, const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    load_.latencies.push_back(latency);
    if (!status.ok() && ++load_.failed == 1) {
      std::fprintf(stderr, "a call failed: %s\n", status.error_message().c_str());
    }
    if (static_cast<int>(load_.latencies.size()) == expected_) all_.notify_one();
  }
  Load Await(SteadyClock::time_point begin) {
    std::unique_lock lock(mutex_);
    all_.wait(lock, [this] { return static_cast<int>(load_.latencies.size()) == expected_; });
    load_.seconds = SecondsSince(begin);
    std::ranges::sort(load_.latencies);
    return std::move(load_);
  }

 private:
  const int expected_;
  std::mutex mutex_;
  std::condition_variable all_;
  Load load_;
};

}  // namespace

double Load::Percentile(double part) const {
  if (latencies.empty()) return 0;
  const auto at = static_cast<size_t>(part * static_cast<double>(latencies.size()));
  return latencies[std::min(at, latencies.size() - 1)];
}

Load RunClosed(int count, int outstanding, const StartCall& start) {
  Answers answers(count);
  std::counting_semaphore<> free(outstanding);
  const auto begin = SteadyClock::now();
  for (int i = 0; i < count; ++i) {
    free.acquire();
    const auto called = SteadyClock::now();
    start(i, [&answers, &free, called](const grpc::Status& status) {
      free.release();
      answers.Take(SecondsSince(called), status);
    });
  }
  return answers.Await(begin);
}

Load RunOpen(int count, double per_second, const StartCall& start) {
  Answers answers(count);
  const auto begin = SteadyClock::now();
  for (int i = 0; i < count; ++i) {
    const auto at = begin + std::chrono::duration_cast<SteadyClock::duration>(
                                std::chrono::duration<double>(i / per_second));
    std::this_thread::sleep_until(at);
    start(i,
          [&answers, at](const grpc::Status& status) { answers.Take(SecondsSince(at), status); });
  }
  return answers.Await(begin);
}

}  // namespace tallystick::bench
