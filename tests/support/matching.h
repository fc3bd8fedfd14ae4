// Trades made by the real domains, and what the match says of them.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "client-cli/match/match.h"
#include "tests/support/buyer.h"
#include "tests/support/catch.h"
#include "tests/support/histories.h"

namespace tallystick::testing {

// A completed trade, made by the real domains.
inline History Completed() {
  History history(42, "pm_sandbox_ok", "");
  while (history.Step()) {
  }
  REQUIRE(history.order().status.order.state == OrderState::kCompleted);
  REQUIRE(history.order().contents.goods_total > 0);
  return history;
}

inline History Rejected() {
  History history(42, "pm_sandbox_declined", "");
  while (history.Step()) {
  }
  REQUIRE(history.order().status.order.state == OrderState::kRejected);
  return history;
}

inline std::vector<std::string> Fired(const TradeView& view, absl::Time now) {
  std::vector<std::string> rules;
  for (const Warning& warning : Match(view, {}, now)) {
    REQUIRE_FALSE(warning.sentence.empty());
    REQUIRE_FALSE(warning.evidence.empty());
    rules.push_back(warning.rule);
  }
  return rules;
}

inline void Catches(const std::string& rule, const History& history,
                    const std::function<void(TradeView&)>& lie) {
  INFO(rule);
  TradeView view = Buyer(history).Ask(history);
  REQUIRE(Fired(view, history.now()).empty());
  lie(view);
  const std::vector<std::string> fired = Fired(view, history.now());
  REQUIRE(std::find(fired.begin(), fired.end(), rule) != fired.end());
}

}  // namespace tallystick::testing
