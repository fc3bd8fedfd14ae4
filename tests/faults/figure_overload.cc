// An open loop: orders are offered at their times, whether or not earlier ones were answered.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/figures.h"
#include "tests/faults/order_calls.h"
#include "tests/support/process.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr int kCallers = 16;  // connections, each a buyer
constexpr int kPeakOutstanding = 256;
constexpr absl::Duration kPeakTime = absl::Seconds(8);
constexpr absl::Duration kOverloadTime = absl::Seconds(20);
constexpr absl::Duration kTimeout = absl::Seconds(2);
constexpr double kTimes = 10;
// What a generator keeps open at most: an offer beyond that is not made.
constexpr int64_t kMostOpen = 30'000;
constexpr int kTickMs = 5;

struct Result {
  std::mutex mutex;
  std::vector<double> accepted_ms;
  std::vector<double> refused_ms;
  std::map<int, int64_t> other;  // by code
  std::atomic<int64_t> open = 0;
  int64_t offered = 0;
  int64_t not_offered = 0;
};

struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  v1::PlaceOrderRequest request;
  v1::PlaceOrderResponse response;
  absl::Time begin;
};

void Offer(OrderCaller& caller, uint64_t number, Result& result) {
  auto call = std::make_shared<Call>();
  call->request = PlainOrder(number);
  call->context = caller.Context(kTimeout);
  call->begin = absl::Now();
  ++result.open;
  caller.stub().async()->PlaceOrder(
      call->context.get(), &call->request, &call->response, [call, &result](grpc::Status status) {
        const double took = absl::ToDoubleMilliseconds(absl::Now() - call->begin);
        {
          std::lock_guard lock(result.mutex);
          if (status.ok()) {
            result.accepted_ms.push_back(took);
          } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
            result.refused_ms.push_back(took);
          } else {
            ++result.other[status.error_code()];
          }
        }
        --result.open;
      });
}

// As many orders a second as there are times for; each time as many as are due by then.
void OfferAtRate(std::vector<std::unique_ptr<OrderCaller>>& callers, double a_second,
                 absl::Duration duration, int64_t most_open, Result& result) {
  const absl::Time begin = absl::Now();
  uint64_t number = 0;
  while (absl::Now() - begin < duration) {
    const auto due = static_cast<uint64_t>(absl::ToDoubleSeconds(absl::Now() - begin) * a_second);
    for (; number < due; ++number) {
      if (result.open >= most_open) {
        ++result.not_offered;
        continue;
      }
      ++result.offered;
      Offer(*callers[number % callers.size()], number, result);
    }
    absl::SleepFor(absl::Milliseconds(kTickMs));
  }
}

double Percentile(std::vector<double>& values, double share) {
  if (values.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return values[at];
}

// Of both shopping servers together.
double ResidentMb(Cluster& cluster) {
  double sum = 0;
  for (const char* server : {"shopping-1", "shopping-2"}) {
    const std::string status =
        testing::ReadFile(absl::StrCat("/proc/", cluster.Pid(server), "/status"));
    const size_t at = status.find("VmRSS:");
    if (at != std::string::npos) sum += std::stod(status.substr(at + 6)) / 1024;
  }
  return sum;
}

// The largest value while it lives.
class Peak {
 public:
  explicit Peak(Cluster& cluster)
      : thread_([this, &cluster] {
          while (!stopping_) {
            most_ = std::max(most_, ResidentMb(cluster));
            absl::SleepFor(absl::Milliseconds(100));
          }
        }) {}
  double Stop() {
    stopping_ = true;
    thread_.join();
    return most_;
  }

 private:
  std::atomic<bool> stopping_ = false;
  double most_ = 0;
  std::thread thread_;
};

void Print(const char* name, Result& result, absl::Duration duration) {
  const double seconds = absl::ToDoubleSeconds(duration);
  std::printf(
      "%-9s %8.0f/s offered %8.0f/s accepted (p50 %.1f ms, p99 %.1f ms) %8.0f/s refused "
      "(p50 %.1f ms, p99 %.1f ms)",
      name, static_cast<double>(result.offered) / seconds,
      static_cast<double>(result.accepted_ms.size()) / seconds, Percentile(result.accepted_ms, 0.5),
      Percentile(result.accepted_ms, 0.99), static_cast<double>(result.refused_ms.size()) / seconds,
      Percentile(result.refused_ms, 0.5), Percentile(result.refused_ms, 0.99));
  for (const auto& [code, count] : result.other) {
    std::printf(", %lld ended with code %d", static_cast<long long>(count), code);
  }
  if (result.not_offered > 0) {
    std::printf(", %lld were not offered: too many were open",
                static_cast<long long>(result.not_offered));
  }
  std::printf("\n");
  std::fflush(stdout);
}

}  // namespace

void MeasureOverload() {
  ClusterOptions options;
  options.pace_ms = 0;
  options.more = {"--max-calls-per-second-per-caller", "1000000", "--max-live-calls-per-caller",
                  "20000"};
  Cluster cluster(options);
  LoadPlainProducts(cluster);
  std::vector<std::unique_ptr<OrderCaller>> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.push_back(
        std::make_unique<OrderCaller>(cluster, cluster.shop_address(), absl::StrCat("buyer", i)));
  }
  Result warm_up;
  OfferAtRate(callers, 1e5, absl::Seconds(2), kPeakOutstanding, warm_up);
  testing::WaitUntil([&] { return warm_up.open == 0; });
  // As many as are answered: the next is offered when one has come back.
  Result peak;
  Peak peak_memory(cluster);
  OfferAtRate(callers, 1e5, kPeakTime, kPeakOutstanding, peak);
  testing::WaitUntil([&] { return peak.open == 0; });
  const double mb_at_peak = peak_memory.Stop();
  peak.not_offered = 0;
  Print("peak", peak, kPeakTime);
  const double capacity =
      static_cast<double>(peak.accepted_ms.size()) / absl::ToDoubleSeconds(kPeakTime);
  Result overload;
  Peak overload_memory(cluster);
  OfferAtRate(callers, capacity * kTimes, kOverloadTime, kMostOpen, overload);
  testing::WaitUntil([&] { return overload.open == 0; });
  const double mb_overloaded = overload_memory.Stop();
  Print("overload", overload, kOverloadTime);
  std::printf(
      "goodput %.0f %% of the peak; the shop's memory %.0f MB at the peak, %.0f MB "
      "overloaded: %.2f times\n",
      100.0 * static_cast<double>(overload.accepted_ms.size()) /
          absl::ToDoubleSeconds(kOverloadTime) / capacity,
      mb_at_peak, mb_overloaded, mb_overloaded / mb_at_peak);
}

}  // namespace tallystick::faults
