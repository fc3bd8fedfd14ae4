#include "services/payment/workflow/gateway_calls.h"

#include <algorithm>
#include <map>
#include <system_error>
#include <thread>

#include "services/payment/workflow/gateway_rules.h"

namespace tallystick::payment {
namespace {

// Threads are begun and ended in a small part of this.
constexpr absl::Duration kSlow = absl::Milliseconds(2);

// The places of each trade's steps, in order.
std::vector<std::vector<size_t>> ByTrade(std::span<const WorkItem> items) {
  std::vector<std::vector<size_t>> trades;
  std::map<Uuid, size_t> place;
  for (size_t i = 0; i < items.size(); ++i) {
    const auto [found, is_new] = place.emplace(items[i].trading_id, trades.size());
    if (is_new) trades.emplace_back();
    trades[found->second].push_back(i);
  }
  return trades;
}

}  // namespace

void GatewayCalls::MakeOne(GatewayStep& step, SteadyTime now) {
  step.reached = true;
  if (!step.request) return;
  step.answer = AskGateway(gateway_, *step.request, step.PerhapsSubmitted(now));
  slow_ = -Until(now) > kSlow;
}

void GatewayCalls::Make(std::span<const WorkItem> items, std::vector<GatewayStep>& steps,
                        SteadyTime enough) {
  const std::vector<std::vector<size_t>> trades = ByTrade(items);
  std::atomic<size_t> next = 0;
  // False when nothing is left, or it is enough.
  const auto make_next = [&] {
    const size_t trade = next++;
    if (trade >= trades.size()) return false;
    for (const size_t at : trades[trade]) {
      const SteadyTime now = SteadyNow();
      if (now >= enough && at > 0) return false;
      MakeOne(steps[at], now);
    }
    return true;
  };
  std::vector<std::thread> threads;
  const auto begin_helpers = [&] {
    const size_t left = trades.size() - std::min<size_t>(next, trades.size());
    try {
      for (size_t i = 1; i < std::min(most_, left); ++i) {
        threads.emplace_back([&] {
          while (make_next()) {
          }
        });
      }
    } catch (const std::system_error&) {
      // The system gives no more threads: it goes on with those that there are.
    }
  };
  do {
    if (slow_ && threads.empty()) begin_helpers();
  } while (make_next());
  for (std::thread& thread : threads) thread.join();
}

}  // namespace tallystick::payment
