#include "tests/bench/measures.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <map>
#include <stdexcept>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/bench/buyer.h"
#include "tests/bench/calls.h"
#include "tests/bench/load.h"
#include "tests/bench/orders.h"
#include "tests/bench/place.h"
#include "tests/bench/stored.h"
#include "tests/support/wait_until.h"

namespace tallystick::bench {
namespace {

constexpr int kClients[] = {1, 8, 32};
constexpr int kMostOutstanding[] = {1, 8, 64, 256};

// Alone, few are enough.
int CountFor(int outstanding, const Scale& scale) {
  return outstanding == 1 ? scale.orders / 10 : scale.orders;
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
                                    "SELECT EXISTS (SELECT 1 FROM all_work WHERE number = 1 AND "
                                    "due_time < now() + interval '1 hour')") == "f" &&
               stack.postgres().Ask(
                   "shopping", "SELECT EXISTS (SELECT 1 FROM all_work WHERE number = 1)") == "f";
      },
      absl::Minutes(10));
  if (!authorized) throw std::runtime_error("the slow gateway does not get through");
  results.Add("authorized at a gateway of 300 ms, trades/s",
              count / absl::ToDoubleSeconds(absl::Now() - begin));
}

// A buyer's ledger with many open trades. Of each, four statuses are fetched; the first look stores
// three, the second finds nothing new.
void MeasureSync(BenchStack& stack, const Scale& scale, Results& results) {
  stack.Start(kHeld);
  const int count = scale.buyers_orders;
  const std::string ledger = LedgerOfOrders(stack, count);
  stack.WaitUntilQuiet();
  const std::string copy = stack.File("synced.db");
  for (int round = 0; round < scale.rounds; ++round) {
    std::filesystem::copy_file(ledger, copy, std::filesystem::copy_options::overwrite_existing);
    const CpuTimes before = stack.cpu();
    const BuyerRun first = RunTally(stack, copy, {"sync"});
    CpuTimes used = stack.cpu() - before;
    used.of["client"] = first.cpu_seconds;
    results.AddCpu("a trade of tally sync", used, count);
    const BuyerRun again = RunTally(stack, copy, {"sync"});
    const BuyerRun list = RunTally(stack, copy, {"list"});
    results.Add("tally sync, trades/s", count / first.seconds);
    results.Add("tally sync, nothing new, trades/s", count / again.seconds);
    results.Add("tally sync, memory, MB", static_cast<double>(first.peak_bytes) / 1e6);
    results.Add("tally list, s", list.seconds);
    results.Add("tally list, memory, MB", static_cast<double>(list.peak_bytes) / 1e6);
  }
}

// What is stored costs nothing: the same calls before and after.
void MeasureGrowth(BenchStack& stack, const Scale& scale, Results& results) {
  constexpr int64_t kStored = 5'000'000;
  stack.Start(kHeld);
  const auto measure = [&](const std::string& when, const std::vector<std::string>& ids,
                           std::vector<double>& placed, std::vector<double>& asked) {
    for (int round = -1; round < scale.rounds; ++round) {
      const double orders = Place(stack, scale.orders, kOutstanding).per_second();
      stack.WaitUntilQuiet();
      Calls shop(stack, "shopping");
      const Load load = RunClosed(4 * scale.orders, kOutstanding, shop.GetOrderStatus(ids));
      DemandAll(load);
      if (round < 0) continue;
      results.Add("PlaceOrder, " + when + ", orders/s", orders);
      results.Add("status, " + when + ", calls/s", load.per_second());
      placed.push_back(orders);
      asked.push_back(load.per_second());
    }
  };
  const std::vector<v1::PlaceOrderRequest> orders = Orders(scale.orders);
  std::vector<std::string> ids;
  Calls shop(stack, "shopping");
  DemandAll(RunClosed(scale.orders, kOutstanding, shop.PlaceOrder(orders, &ids)));
  stack.WaitUntilQuiet();
  std::vector<double> placed_before, asked_before, placed, asked;
  measure("few stored", ids, placed_before, asked_before);
  StoreTrades(stack, kStored);
  measure("5 million stored", StoredTrades(stack, kStored, scale.orders), placed, asked);
  for (size_t i = 0; i < placed.size(); ++i) {
    results.Add("PlaceOrder, 5 million stored / few", placed[i] / placed_before[i]);
    results.Add("status, 5 million stored / few", asked[i] / asked_before[i]);
  }
}

// Ten minutes of whole trades, as fast as they go.
void MeasureSoak(BenchStack& stack, const Scale& scale, Results& results) {
  constexpr int kMinutes = 10;
  stack.Start(kAtOnce);
  std::vector<double> each;
  for (int minute = 0; minute < kMinutes; ++minute) {
    int trades = 0;
    CpuTimes used;
    for (const absl::Time begin = absl::Now(); absl::Now() < begin + absl::Minutes(1);
         trades += scale.orders) {
      const CpuTimes some = CpuUntilQuiet(stack, [&] { PlaceByBatches(stack, scale.orders); });
      for (const auto& [process, seconds] : some.of) used.of[process] += seconds;
    }
    each.push_back(used.all() / trades * 1e6);
    results.Add("soak, CPU of a trade by the minute, µs", each.back());
    for (const char* server : {"shopping", "payment", "delivery"}) {
      results.Add(absl::StrCat("soak, memory by the minute, MB, ", server),
                  static_cast<double>(stack.MemoryOf(server)) / 1e6);
    }
  }
  results.Add("soak, CPU of a trade, last minute / first", each.back() / each.front());
}

}  // namespace

const std::vector<Measure> kMeasures = {
    {"orders", "orders, singly and by batches, against pgbench", MeasureOrders},
    {"alone", "one order at a time, against pgbench and an echo", MeasureAlone},
    {"statuses", "statuses, against an echo", MeasureStatuses},
    {"half", "orders at half of the peak, at even distances", MeasureHalfLoad},
    {"completed", "whole trades", MeasureCompleted},
    {"sync", "a buyer's ledger of many open trades", MeasureSync},
    {"gateway", "a gateway that takes 300 ms a call", MeasureSlowGateway},
    {"idle", "nothing", MeasureIdle},
    {"growth", "orders and statuses, with 5 million trades stored", MeasureGrowth, true},
    {"soak", "whole trades for ten minutes", MeasureSoak, true},
};

}  // namespace tallystick::bench
