#include "tests/faults/figures.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/faults/motion.h"
#include "tests/faults/order_calls.h"
#include "tests/support/wait_until.h"

namespace tallystick::faults {
namespace {

constexpr int kBacklog = 10'000;
constexpr absl::Duration kFigurePatience = absl::Minutes(5);
constexpr int kCallers = 8;
constexpr int kRounds = 2;
constexpr int kKills = 5;

double SecondsSince(absl::Time begin) { return absl::ToDoubleSeconds(absl::Now() - begin); }

int64_t Waiting(Cluster& cluster, const std::string& database, int queue) {
  return std::stoll(
      AskDatabase(cluster.database().Url(database),
                  absl::StrCat("SELECT count(*) FROM all_work WHERE queue = ", queue)));
}

void WaitFor(const std::string& what, const std::function<bool()>& condition) {
  if (!testing::WaitUntil(condition, kFigurePatience)) throw std::runtime_error(what + " in vain");
}

ClusterOptions WithoutPace() {
  ClusterOptions options;
  options.pace_ms = 0;
  options.more = {"--max-calls-per-second-per-caller", "1000000"};
  return options;
}

// What the callers of a rolling restart saw.
struct Seen {
  std::mutex mutex;
  int calls = 0;
  int repeated = 0;
  int failed = 0;
  absl::Duration longest;
  std::string failure;  // of one that failed
};

void CallUntil(Cluster& cluster, int number, const std::atomic<bool>& stopping, Seen& seen) {
  OrderCaller caller(cluster, cluster.shop_address(), absl::StrCat("caller", number));
  for (uint64_t i = 0; !stopping; ++i) {
    int tries = 0;
    const absl::Time begin = absl::Now();
    const grpc::Status status = caller.Place(PlainOrder(i), absl::Seconds(30), &tries);
    std::lock_guard lock(seen.mutex);
    ++seen.calls;
    seen.repeated += tries > 1 ? 1 : 0;
    if (!status.ok()) {
      ++seen.failed;
      seen.failure = absl::StrCat(status.error_code(), " ", status.error_message());
    }
    seen.longest = std::max(seen.longest, absl::Now() - begin);
  }
}

}  // namespace

void MeasureBacklog() {
  Cluster cluster(WithoutPace());
  LoadPlainProducts(cluster);
  for (const char* server : {"payment-1", "payment-2"}) cluster.Hold(server);
  OrderCaller(cluster, cluster.shop_address(), "buyer").PlaceMany(kBacklog);
  const int64_t waiting = Waiting(cluster, "shopping", 1);
  std::printf("%lld messages wait for payment\n", static_cast<long long>(waiting));
  const absl::Time begin = absl::Now();
  for (const char* server : {"payment-1", "payment-2"}) cluster.Release(server);
  WaitFor("payment", [&] { return cluster.Serves("payment-1") && cluster.Serves("payment-2"); });
  std::printf("%6.1f s until payment serves\n", SecondsSince(begin));
  WaitFor("the backlog", [&] { return Waiting(cluster, "shopping", 1) == 0; });
  std::printf("%6.1f s until none waits\n", SecondsSince(begin));
  WaitFor("the trades", [&] { return LookForWork(cluster.database()).empty(); });
  std::printf("%6.1f s until all trades are finished\n", SecondsSince(begin));
}

void MeasureRolling() {
  Cluster cluster(WithoutPace());
  LoadPlainProducts(cluster);
  Seen seen;
  std::atomic<bool> stopping = false;
  std::vector<std::thread> callers;
  for (int i = 0; i < kCallers; ++i) {
    callers.emplace_back([&, i] { CallUntil(cluster, i, stopping, seen); });
  }
  int restarts = 0;
  int unclean = 0;
  for (int round = 0; round < kRounds; ++round) {
    for (const std::string& server : cluster.Servers()) {
      unclean += cluster.Terminate(server) == 0 ? 0 : 1;
      WaitFor(server, [&] { return cluster.Serves(server); });
      ++restarts;
    }
  }
  stopping = true;
  for (std::thread& caller : callers) caller.join();
  std::printf(
      "%d restarts, %d of them not clean; %d calls, %d repeated, %d failed, longest %.0f ms%s%s\n",
      restarts, unclean, seen.calls, seen.repeated, seen.failed,
      absl::ToDoubleMilliseconds(seen.longest), seen.failed > 0 ? "; such as: " : "",
      seen.failure.c_str());
}

void MeasureRestart() {
  Cluster cluster(WithoutPace());
  for (const std::string& server : cluster.Servers()) {
    std::vector<double> took;
    for (int i = 0; i < kKills; ++i) {
      const absl::Time begin = absl::Now();
      cluster.Kill(server);
      WaitFor(server, [&] { return cluster.Serves(server); });
      took.push_back(SecondsSince(begin));
    }
    std::sort(took.begin(), took.end());
    std::printf("%-12s serves %.2f s after SIGKILL, %.2f s at most\n", server.c_str(),
                took[took.size() / 2], took.back());
  }
}

std::vector<Figure> AllFigures() {
  return {{"backlog", "a peer comes back to 10,000 messages", MeasureBacklog},
          {"rolling", "a rolling restart under calls", MeasureRolling},
          {"restart", "from SIGKILL to serving", MeasureRestart},
          {"overload", "many times as many orders as the shop carries", MeasureOverload}};
}

}  // namespace tallystick::faults
