// What the check of one trade costs, in CPU of one core, without the calls: honest trades of random
// histories, looked at for the first time and again; the same trades by a comparison of the four
// answers alone, as a baseline; and one answer of 100,000 elements.
#include <chrono>
#include <cstdio>
#include <functional>
#include <utility>
#include <vector>

#include "tests/support/buyer.h"

namespace tallystick::testing {
namespace {

constexpr int kTrades = 2'000;

double MicrosEach(size_t times, const std::function<void()>& run) {
  const auto start = std::chrono::steady_clock::now();
  run();
  const auto taken = std::chrono::steady_clock::now() - start;
  return std::chrono::duration<double, std::micro>(taken).count() / static_cast<double>(times);
}

void Run() {
  std::vector<std::pair<TradeView, absl::Time>> views;
  std::vector<std::pair<TradeView, absl::Time>> again;
  for (uint32_t seed = 1; views.size() < kTrades; ++seed) {
    History history = History::Random(seed);
    for (int step = history.Pick(5, 150); step > 0 && history.Step(); --step) {
    }
    Buyer buyer(history);
    views.emplace_back(buyer.Ask(history), history.now());
    buyer.Keep(views.back().first, history.now());
    again.emplace_back(buyer.Ask(history), history.now());
  }
  size_t warnings = 0;
  const auto match = [&](const auto& all) {
    return MicrosEach(all.size(), [&] {
      for (const auto& [view, now] : all) warnings += Match(view, {}, now).size();
    });
  };
  size_t differing = 0;
  const double baseline = MicrosEach(views.size(), [&] {
    for (const auto& [view, now] : views) {
      const TradeView own = WithoutForeignAnswers(view);
      const TradingStatus& word = own.shops_word.status;
      differing += word.payment != std::optional(own.payment.status) ||
                   word.delivery != std::optional(own.delivery.status) ||
                   word.order != own.order.status;
    }
  });
  const double first = match(views);
  const double second = match(again);
  const size_t false_alarms = warnings;
  TradeView huge = views.front().first;
  huge.payment.status.transactions.resize(100'000);
  huge.delivery.status.shipments.resize(100'000);
  const double large =
      MicrosEach(1, [&] { warnings += Match(huge, {}, views.front().second).size(); });
  std::printf("comparing the answers alone  %8.1f µs a trade\n", baseline);
  std::printf("match, first look            %8.1f µs a trade, ratio %.1f\n", first,
              first / baseline);
  std::printf("match, seen before           %8.1f µs a trade, ratio %.1f\n", second,
              second / baseline);
  std::printf("match, 100,000 elements      %8.1f ms\n", large / 1000);
  std::printf("(%zu trades, %zu in motion, %zu warnings)\n", views.size(), differing, false_alarms);
}

}  // namespace
}  // namespace tallystick::testing

int main() { tallystick::testing::Run(); }
