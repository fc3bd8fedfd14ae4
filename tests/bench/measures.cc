#include "tests/bench/measures.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/calls.h"
#include "tests/bench/load.h"
#include "tests/bench/orders.h"
#include "tests/support/wait_until.h"

namespace tallystick::bench {
namespace {

constexpr int kOutstanding = 64;
constexpr int kBatch = 100;
constexpr int kBatchCalls = 4;  // at a time
constexpr int kClients[] = {1, 8, 32};
constexpr int kMostOutstanding[] = {1, 8, 64, 256};

void DemandAll(const Load& load) {
  if (load.failed > 0) throw std::runtime_error(absl::StrCat(load.failed, " calls failed"));
}

// Alone, few are enough.
int CountFor(int outstanding, const Scale& scale) {
  return outstanding == 1 ? scale.orders / 10 : scale.orders;
}

Load Place(BenchStack& stack, int count, int outstanding) {
  const std::vector<v1::PlaceOrderRequest> orders = Orders(count);
  Calls calls(stack, "shopping");
  const Load load = RunClosed(count, outstanding, calls.PlaceOrder(orders));
  DemandAll(load);
  return load;
}

Load PlaceByBatches(BenchStack& stack, int count) {
  const std::vector<v1::PlaceOrderRequest> orders = Orders(count);
  Calls calls(stack, "shopping");
  Load load =
      RunClosed((count + kBatch - 1) / kBatch, kBatchCalls, calls.BatchPlaceOrders(orders, kBatch));
  DemandAll(load);
  return load;
}

// What orders cost until they are instructed and recorded, or completed.
template <typename Work>
CpuTimes CpuUntilQuiet(BenchStack& stack, Work work) {
  const CpuTimes before = stack.cpu();
  work();
  stack.WaitUntilQuiet();
  return stack.cpu() - before;
}

void MeasureOrders(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start(kHeld);
  Pgbench pgbench(stack);
  for (int round = -1; round < scale.rounds; ++round) {
    Results ignored;  // of the first round, which warms up
    Results& to = round < 0 ? ignored : results;
    double base = 0;
    for (const int clients : kClients) {
      const PgbenchRun run = pgbench.Run(clients, scale.pgbench_seconds);
      base = std::max(base, run.per_second);
      if (clients != 8) continue;
      to.Add("pgbench, CPU of a transaction, µs", run.cpu_each() * 1e6);
    }
    to.Add("pgbench at its best, orders/s", base);
    double best = 0;
    for (const int outstanding : kMostOutstanding) {
      Load load;
      const int count = CountFor(outstanding, scale);
      const CpuTimes used = CpuUntilQuiet(stack, [&] { load = Place(stack, count, outstanding); });
      if (outstanding == kOutstanding) to.AddCpu("PlaceOrder, 64 outstanding", used, count);
      to.Add(absl::StrCat("PlaceOrder, ", outstanding, " outstanding, orders/s"),
             load.per_second());
      best = std::max(best, load.per_second());
    }
    double batched = 0;
    const CpuTimes used = CpuUntilQuiet(stack, [&] {
      batched = 2 * scale.orders / PlaceByBatches(stack, 2 * scale.orders).seconds;
    });
    to.AddCpu("BatchPlaceOrders", used, 2 * scale.orders);
    to.Add("BatchPlaceOrders, orders/s", batched);
    to.Add("PlaceOrder at its best / pgbench at its best", best / base);
    to.Add("BatchPlaceOrders / pgbench at its best", batched / base);
  }
}

void MeasureAlone(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start(kHeld);
  Pgbench pgbench(stack);
  Calls echo(stack, "echo");
  const std::vector<std::string> ids = {"01a223a2-fd34-8b63-98d8-132268aafd74"};
  for (int round = -1; round < scale.rounds; ++round) {
    Results ignored;
    Results& to = round < 0 ? ignored : results;
    const int count = CountFor(1, scale);
    const double transaction = pgbench.Run(1, scale.pgbench_seconds).p50;
    const double call = RunClosed(4 * count, 1, echo.GetOrderStatus(ids)).Percentile(0.5);
    const double order = Place(stack, count, 1).Percentile(0.5);
    stack.WaitUntilQuiet();
    to.Add("pgbench alone, p50, ms", transaction * 1e3);
    to.Add("echo alone, p50, ms", call * 1e3);
    to.Add("PlaceOrder alone, p50, ms", order * 1e3);
    to.Add("PlaceOrder alone, p50 / pgbench and echo", order / (transaction + call));
  }
}

void MeasureStatuses(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start(kHeld);
  const std::vector<v1::PlaceOrderRequest> orders = Orders(scale.orders);
  std::vector<std::string> ids;
  Calls shop(stack, "shopping");
  DemandAll(RunClosed(scale.orders, kOutstanding, shop.PlaceOrder(orders, &ids)));
  stack.WaitUntilQuiet();
  Calls echo(stack, "echo");
  const int count = 4 * scale.orders;
  for (int round = -1; round < scale.rounds; ++round) {
    Results ignored;
    Results& to = round < 0 ? ignored : results;
    const Load base = RunClosed(count, kOutstanding, echo.GetOrderStatus(ids));
    DemandAll(base);
    const CpuTimes before = stack.cpu();
    const Load load = RunClosed(count, kOutstanding, shop.GetOrderStatus(ids));
    DemandAll(load);
    to.AddCpu("a status, 64 outstanding", stack.cpu() - before, count);
    const Load batched =
        RunClosed(10 * count / kBatch, kBatchCalls, shop.BatchGetOrderStatuses(ids, kBatch));
    DemandAll(batched);
    to.Add("echo, 64 outstanding, calls/s", base.per_second());
    to.Add("status, 64 outstanding, calls/s", load.per_second());
    to.Add("status / echo, 64 outstanding", load.per_second() / base.per_second());
    to.Add("statuses by batches of 100, statuses/s", kBatch * batched.per_second());
  }
}

void MeasureHalfLoad(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start(kHeld);
  Calls shop(stack, "shopping");
  Calls echo(stack, "echo");
  const std::vector<std::string> ids = {"01a223a2-fd34-8b63-98d8-132268aafd74"};
  double peak = 0;
  for (const int outstanding : {kOutstanding, 256}) {
    peak = std::max(peak, Place(stack, scale.orders, outstanding).per_second());
    stack.WaitUntilQuiet();
  }
  const double rate = peak / 2;
  for (int round = -1; round < scale.rounds; ++round) {
    Results ignored;
    Results& to = round < 0 ? ignored : results;
    const Load base = RunOpen(scale.orders, rate, echo.GetOrderStatus(ids));
    const std::vector<v1::PlaceOrderRequest> orders = Orders(scale.orders);
    const Load load = RunOpen(scale.orders, rate, shop.PlaceOrder(orders));
    DemandAll(base);
    DemandAll(load);
    stack.WaitUntilQuiet();
    to.Add("half of the peak, orders/s", rate);
    to.Add("echo at that rate, p99, ms", base.Percentile(0.99) * 1e3);
    to.Add("PlaceOrder at half its peak, p50, ms", load.Percentile(0.5) * 1e3);
    to.Add("PlaceOrder at half its peak, p99, ms", load.Percentile(0.99) * 1e3);
    to.Add("PlaceOrder at half its peak, p99 / echo",
           load.Percentile(0.99) / base.Percentile(0.99));
  }
}

void MeasureCompleted(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start(kAtOnce);
  for (int round = -1; round < scale.rounds; ++round) {
    Results ignored;
    Results& to = round < 0 ? ignored : results;
    const absl::Time begin = absl::Now();
    const CpuTimes used = CpuUntilQuiet(stack, [&] { PlaceByBatches(stack, scale.orders); });
    to.AddCpu("a trade to COMPLETED", used, scale.orders);
    to.Add("completed, trades/s", scale.orders / absl::ToDoubleSeconds(absl::Now() - begin));
  }
}

void MeasureIdle(BenchStack& stack, const Scale&, Results& results) {
  stack.Start(kAtOnce);
  PlaceByBatches(stack, kBatch);
  stack.WaitUntilQuiet();
  // Not a wait for anything: it is how long idleness is measured.
  constexpr absl::Duration kIdle = absl::Seconds(20);
  const CpuTimes before = stack.cpu();
  absl::SleepFor(kIdle);
  for (const auto& [process, seconds] : (stack.cpu() - before).of) {
    if (process == "client") continue;
    results.Add(absl::StrCat("idle, % of a core, ", process),
                100 * seconds / absl::ToDoubleSeconds(kIdle));
  }
}

void MeasureSlowGateway(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start({{"payment", {"--gateway-call-ms", "300"}}, {"delivery", {"--carrier-pace-ms", "0"}}},
              {{"payment", "tests/tally-payment-slow"}});
  const int count = scale.orders / 5;
  const absl::Time begin = absl::Now();
  PlaceByBatches(stack, count);
  // Until each is authorized; what is held since before is not of these.
  const bool authorized = testing::WaitUntil(
      [&] {
        return stack.postgres().Ask("payment",
                                    "SELECT EXISTS (SELECT 1 FROM work WHERE number = 1 AND "
                                    "due_time < now() + interval '1 hour')") == "f" &&
               stack.postgres().Ask("shopping",
                                    "SELECT EXISTS (SELECT 1 FROM work WHERE number = 1)") == "f";
      },
      absl::Minutes(10));
  if (!authorized) throw std::runtime_error("the slow gateway does not get through");
  results.Add("authorized at a gateway of 300 ms, trades/s",
              count / absl::ToDoubleSeconds(absl::Now() - begin));
}

}  // namespace

const std::vector<Measure> kMeasures = {
    {"orders", "orders, singly and by batches, against pgbench", MeasureOrders},
    {"alone", "one order at a time, against pgbench and an echo", MeasureAlone},
    {"statuses", "statuses, against an echo", MeasureStatuses},
    {"half", "orders at half of the peak, at even distances", MeasureHalfLoad},
    {"completed", "whole trades", MeasureCompleted},
    {"gateway", "a gateway that takes 300 ms a call", MeasureSlowGateway},
    {"idle", "nothing", MeasureIdle},
};

}  // namespace tallystick::bench
