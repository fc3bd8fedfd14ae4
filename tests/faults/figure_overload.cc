// An open loop: orders are offered at their times, whether or not earlier ones were answered.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "tests/faults/figures.h"
#include "tests/faults/order_calls.h"
#include "tests/support/process.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr int kOverloadCallers = 16;  // connections, each a buyer
constexpr int64_t kOutstanding[] = {64, 256, 1024};
constexpr absl::Duration kWarmUpTime = absl::Seconds(3);
constexpr absl::Duration kPeakTime = absl::Seconds(8);
constexpr absl::Duration kOverloadTime = absl::Seconds(20);
constexpr absl::Duration kOverloadTimeout = absl::Seconds(2);
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
};

struct Call {
  std::unique_ptr<grpc::ClientContext> context;
  v1::PlaceOrderRequest request;
  v1::PlaceOrderResponse response;
  v1::BatchPlaceOrdersRequest batch_request;
  v1::BatchPlaceOrdersResponse batch_response;
  absl::Time begin;
};

void Count(int code, double took, Result& result) {
  if (code == 0) {
    result.accepted_ms.push_back(took);
  } else if (code == grpc::StatusCode::RESOURCE_EXHAUSTED) {
    result.refused_ms.push_back(took);
  } else {
    ++result.other[code];
  }
}

// `orders` in one call.
void Offer(OrderCaller& caller, uint64_t number, int orders, Result& result) {
  auto call = std::make_shared<Call>();
  call->context = caller.Context(kOverloadTimeout);
  call->begin = absl::Now();
  result.open += orders;
  const auto done = [call, orders, &result](const grpc::Status& status) {
    const double took = absl::ToDoubleMilliseconds(absl::Now() - call->begin);
    {
      std::lock_guard lock(result.mutex);
      for (int i = 0; i < orders; ++i) {
        const bool one_failed =
            orders > 1 && status.ok() && call->batch_response.results(i).has_error();
        Count(one_failed ? call->batch_response.results(i).error().code() : status.error_code(),
              took, result);
      }
    }
    result.open -= orders;
  };
  if (orders == 1) {
    call->request = PlainOrder(number);
    caller.stub().async()->PlaceOrder(call->context.get(), &call->request, &call->response, done);
    return;
  }
  for (int i = 0; i < orders; ++i) {
    *call->batch_request.add_requests() = PlainOrder(number + static_cast<uint64_t>(i));
  }
  caller.stub().async()->BatchPlaceOrders(call->context.get(), &call->batch_request,
                                          &call->batch_response, done);
}

// How callers place their orders.
struct Load {
  const char* name;
  int orders;    // in a call
  double times;  // the peak, when it is too much
};

// As many orders a second as there are times for; each time as many as are due by then.
void OfferAtRate(std::vector<std::unique_ptr<OrderCaller>>& callers, const Load& load,
                 double a_second, absl::Duration duration, int64_t most_open, Result& result) {
  const absl::Time begin = absl::Now();
  uint64_t number = 0;
  while (absl::Now() - begin < duration) {
    const auto due = static_cast<uint64_t>(absl::ToDoubleSeconds(absl::Now() - begin) * a_second);
    for (; number < due; number += static_cast<uint64_t>(load.orders)) {
      if (result.open >= most_open) continue;
      result.offered += load.orders;
      Offer(*callers[number / static_cast<uint64_t>(load.orders) % callers.size()], number,
            load.orders, result);
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

constexpr const char* kShops[] = {"shopping-1", "shopping-2"};

// That a process has used so far.
double CpuSeconds(pid_t pid) {
  const std::string stat = testing::ReadFile(absl::StrCat("/proc/", pid, "/stat"));
  const std::vector<std::string> fields =
      absl::StrSplit(stat.substr(std::min(stat.size(), stat.rfind(')') + 2)), ' ');
  if (fields.size() < 13) return 0;  // it has ended
  return (std::stod(fields[11]) + std::stod(fields[12])) /
         static_cast<double>(sysconf(_SC_CLK_TCK));
}

double ShopCpuSeconds(Cluster& cluster) {
  double sum = 0;
  for (const char* server : kShops) sum += CpuSeconds(cluster.Pid(server));
  return sum;
}

// Of both shopping servers together.
double ResidentMb(Cluster& cluster) {
  double sum = 0;
  for (const char* server : kShops) {
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

// One load, and what it took of the machine.
struct Measured {
  std::unique_ptr<Result> result = std::make_unique<Result>();
  absl::Duration duration;
  double resident_mb = 0;
  double caller_cores = 0;
  double shop_cores = 0;

  double offered_a_second() const {
    return static_cast<double>(result->offered) / absl::ToDoubleSeconds(duration);
  }
  double accepted_a_second() const {
    return static_cast<double>(result->accepted_ms.size()) / absl::ToDoubleSeconds(duration);
  }
  double refused_a_second() const {
    return static_cast<double>(result->refused_ms.size()) / absl::ToDoubleSeconds(duration);
  }
};

Measured Measure(Cluster& cluster, std::vector<std::unique_ptr<OrderCaller>>& callers,
                 const Load& load, double a_second, absl::Duration duration, int64_t most_open) {
  Measured measured{.duration = duration};
  Peak memory(cluster);
  const double caller_before = CpuSeconds(getpid());
  const double shop_before = ShopCpuSeconds(cluster);
  OfferAtRate(callers, load, a_second, duration, most_open, *measured.result);
  const double seconds = absl::ToDoubleSeconds(duration);
  measured.caller_cores = (CpuSeconds(getpid()) - caller_before) / seconds;
  measured.shop_cores = (ShopCpuSeconds(cluster) - shop_before) / seconds;
  testing::WaitUntil([&] { return measured.result->open == 0; });
  measured.resident_mb = memory.Stop();
  return measured;
}

void Print(const std::string& name, const Measured& measured) {
  Result& result = *measured.result;
  std::printf(
      "%-12s %6.0f/s offered %6.0f/s accepted (p50 %.1f ms, p99 %.1f ms) %6.0f/s refused "
      "(p50 %.1f ms, p99 %.1f ms); callers %.2f cores, shop %.2f",
      name.c_str(), measured.offered_a_second(), measured.accepted_a_second(),
      Percentile(result.accepted_ms, 0.5), Percentile(result.accepted_ms, 0.99),
      measured.refused_a_second(), Percentile(result.refused_ms, 0.5),
      Percentile(result.refused_ms, 0.99), measured.caller_cores, measured.shop_cores);
  for (const auto& [code, count] : result.other) {
    std::printf(", %lld ended with code %d", static_cast<long long>(count), code);
  }
  std::printf("\n");
  std::fflush(stdout);
}

void MeasureLoad(const Load& load) {
  std::printf("%s\n", load.name);
  ClusterOptions options;
  options.pace_ms = 0;
  options.more = {"--max-calls-per-second-per-caller", "1000000", "--max-live-calls-per-caller",
                  "20000"};
  Cluster cluster(options);
  LoadPlainProducts(cluster);
  std::vector<std::unique_ptr<OrderCaller>> callers;
  for (int i = 0; i < kOverloadCallers; ++i) {
    callers.push_back(
        std::make_unique<OrderCaller>(cluster, cluster.shop_address(), absl::StrCat("buyer", i)));
  }
  Measure(cluster, callers, load, 1e5, kWarmUpTime, kOutstanding[0]);
  // As many as are answered: the next is offered when one has come back.
  double capacity = 0;
  double mb_at_peak = 0;
  for (const int64_t outstanding : kOutstanding) {
    const Measured peak = Measure(cluster, callers, load, 1e5, kPeakTime, outstanding);
    Print(absl::StrCat(outstanding, " at once"), peak);
    capacity = std::max(capacity, peak.accepted_a_second());
    mb_at_peak = std::max(mb_at_peak, peak.resident_mb);
  }
  const Measured overload =
      Measure(cluster, callers, load, capacity * load.times, kOverloadTime, kMostOpen);
  Print("overload", overload);
  std::printf(
      "offered %.1f times the peak; goodput %.0f %% of the peak; the shop's memory %.0f MB at the "
      "peak, %.0f MB overloaded: %.2f times\n",
      overload.offered_a_second() / capacity, 100.0 * overload.accepted_a_second() / capacity,
      mb_at_peak, overload.resident_mb, overload.resident_mb / mb_at_peak);
}

}  // namespace

void MeasureOverload() {
  // The callers are on the same machine: more single calls than five times the peak would leave it
  // nothing to serve them with.
  MeasureLoad({"an order a call", 1, 5});
  MeasureLoad({"20 orders a call", 20, 10});
}

}  // namespace tallystick::faults
