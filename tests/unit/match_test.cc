// Each rule of the match: what it must catch and what it must leave alone.
#include <limits>

#include "client-cli/match/match.h"

#include <algorithm>
#include <functional>

#include "platform/trade/rollup.h"
#include "tests/support/catch.h"
#include "tests/support/histories.h"

namespace tallystick {
namespace {

// A completed trade, made by the real domains.
testing::History Completed() {
  testing::History history(42, "pm_sandbox_ok", "");
  while (history.Step()) {
  }
  REQUIRE(history.order().status.order.state == OrderState::kCompleted);
  REQUIRE(history.order().contents.goods_total > 0);
  return history;
}

testing::History Rejected() {
  testing::History history(42, "pm_sandbox_declined", "");
  while (history.Step()) {
  }
  REQUIRE(history.order().status.order.state == OrderState::kRejected);
  return history;
}

std::vector<std::string> Fired(const TradeView& view, absl::Time now) {
  std::vector<std::string> rules;
  for (const Warning& warning : Match(view, {}, now)) {
    REQUIRE_FALSE(warning.sentence.empty());
    REQUIRE_FALSE(warning.evidence.empty());
    rules.push_back(warning.rule);
  }
  return rules;
}

void Catches(const std::string& rule, const testing::History& history,
             const std::function<void(TradeView&)>& lie) {
  INFO(rule);
  TradeView view = history.View();
  REQUIRE(Fired(view, history.now()).empty());
  lie(view);
  const std::vector<std::string> fired = Fired(view, history.now());
  REQUIRE(std::find(fired.begin(), fired.end(), rule) != fired.end());
}

TEST_CASE("match: what a service claims is added up without overflow") {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  REQUIRE(SaturatedAdd(kMost, 1) == kMost);
  REQUIRE(SaturatedAdd(kLeast, -1) == kLeast);
  REQUIRE(SaturatedSubtract(kLeast, 1) == kLeast);
  REQUIRE(SaturatedSubtract(0, kLeast) == kMost);
  REQUIRE(SaturatedSubtract(5, 7) == -2);
  OrderStatus order;
  order.lines = {{.sku = "A", .ordered = 1, .delivered = kMost, .written_off = kMost}};
  REQUIRE(IsFullyDelivered(order));
}

TEST_CASE("match: ID-1 an answer about another trade is not added") {
  const testing::History history = Completed();
  TradeView view = history.View();
  view.payment.status.trading_id.bytes[15] ^= 1;
  view.payment.status.captured += 1;
  // Nothing else is said of an answer that is about something else.
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"ID-1"});
  REQUIRE(WithoutForeignAnswers(view).payment.get() == nullptr);
  Catches("ID-1", history, [](auto& v) { v.order.status.trading_id = {}; });
  Catches("ID-1", history, [](auto& v) { v.delivery.status.trading_id = {}; });
  Catches("ID-1", history, [](auto& v) { v.shops_word.status.trading_id = {}; });
}

TEST_CASE("match: ID-2 other contents") {
  Catches("ID-2", Completed(), [](auto& v) { v.order.status.contents_digest[0] ^= 1; });
  Catches("ID-2", Completed(), [](auto& v) { v.payment.status.contents_digest = ""; });
  Catches("ID-2", Completed(), [](auto& v) { v.delivery.status.contents_digest = "x"; });
}

TEST_CASE("match: ID-3 unknown beyond the grace period") {
  const testing::History history = Completed();
  TradeView view = history.View();
  view.payment = {};
  view.payment.kind = Answer<PaymentStatus>::kNotFound;
  view.payment.ask_time = view.place_time + absl::Seconds(1);
  REQUIRE(Fired(view, history.now()).empty());
  view.payment.ask_time = view.place_time + absl::Hours(1);
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"ID-3"});
}

TEST_CASE("match: MONEY-1 another amount or currency is due") {
  Catches("MONEY-1", Completed(), [](auto& v) { v.payment.status.due += 1; });
  Catches("MONEY-1", Completed(), [](auto& v) { v.payment.status.due -= 1; });
  Catches("MONEY-1", Completed(), [](auto& v) { v.order.status.due -= 1; });
  Catches("MONEY-1", Completed(), [](auto& v) { v.payment.status.currency = "EUR"; });
  Catches("MONEY-1", Completed(), [](auto& v) { v.order.status.currency = "EUR"; });
  Catches("MONEY-1", Rejected(), [](auto& v) { v.order.status.due = 1; });
}

TEST_CASE("match: MONEY-2 captured more than is due") {
  Catches("MONEY-2", Completed(), [](auto& v) { v.payment.status.captured *= 2; });
  Catches("MONEY-2", Rejected(), [](auto& v) { v.payment.status.captured = 1; });
}

TEST_CASE("match: GOODS-1 sent though the order has ended") {
  Catches("GOODS-1", Rejected(),
          [](auto& v) { v.delivery.status.shipments.at(0).state = ShipmentState::kDelivered; });
}

TEST_CASE("match: GOODS-2 impossible quantities") {
  Catches("GOODS-2", Completed(), [](auto& v) { v.delivery.status.lines[0].delivered += 1; });
  Catches("GOODS-2", Completed(), [](auto& v) { v.delivery.status.lines[0].dispatched = -1; });
  Catches("GOODS-2", Completed(), [](auto& v) { v.order.status.lines[0].ordered += 1; });
  Catches("GOODS-2", Completed(), [](auto& v) { v.order.status.lines[0].sku = "OTHER"; });
  Catches("GOODS-2", Completed(),
          [](auto& v) { v.delivery.status.shipments[0].lines[0].quantity += 1; });
  Catches("GOODS-2", Completed(), [](auto& v) {
    v.delivery.status.shipments[0].lines.push_back({"OTHER", 1});
  });
}

TEST_CASE("match: GOODS-4 a roll-up that contradicts its parts") {
  Catches("GOODS-4", Completed(), [](auto& v) { v.payment.status.captured -= 1; });
  Catches("GOODS-4", Completed(), [](auto& v) { v.payment.status.authorized += 1; });
  Catches("GOODS-4", Completed(), [](auto& v) { v.payment.status.refunded += 1; });
  Catches("GOODS-4", Completed(), [](auto& v) { v.payment.status.voided += 1; });
  Catches("GOODS-4", Completed(),
          [](auto& v) { v.payment.status.state = PaymentState::kAuthorized; });
  Catches("GOODS-4", Completed(), [](auto& v) { v.delivery.status.lines[0].delivered -= 1; });
  Catches("GOODS-4", Completed(),
          [](auto& v) { v.delivery.status.state = DeliveryState::kInTransit; });
  Catches("GOODS-4", Completed(), [](auto& v) { v.order.status.lines[0].delivered = 0; });
}

TEST_CASE("match: a state that this client does not know is no contradiction") {
  const testing::History history = Completed();
  TradeView view = history.View();
  view.payment.status.state = static_cast<PaymentState>(42);
  view.shops_word = {};
  REQUIRE(Fired(view, history.now()).empty());
  REQUIRE(ToString(view.payment.status.state) == "UNKNOWN(42)");
}

TEST_CASE("match: DATE-1 completed in the future, beyond the clocks' difference") {
  const testing::History history = Completed();
  Catches("DATE-1", history,
          [&](auto& v) { v.payment.status.schedule.completed = history.now() + absl::Hours(1); });
  Catches("DATE-1", history, [&](auto& v) {
    v.delivery.status.shipments[0].dispatch_time = history.now() + absl::Hours(1);
  });
  TradeView view = history.View();
  const auto skewed = history.now() + absl::Minutes(1);
  view.payment.status.schedule.completed = skewed;
  view.order.status.payment_schedule.completed = skewed;
  view.shops_word = {};
  REQUIRE(Fired(view, history.now()).empty());
}

TEST_CASE("match: DATE-3 the shop gives another date") {
  Catches("DATE-3", Completed(),
          [](auto& v) { *v.order.status.delivery_schedule.completed += absl::Hours(1); });
  Catches("DATE-3", Completed(), [](auto& v) { v.order.status.payment_schedule = {}; });
}

TEST_CASE("match: WORD-1 the shop's account differs") {
  const testing::History history = Completed();
  Catches("WORD-1", history, [](auto& v) { v.shops_word.status.payment->captured += 1; });
  Catches("WORD-1", history,
          [](auto& v) { v.shops_word.status.delivery->state = DeliveryState::kFailed; });
  Catches("WORD-1", history, [](auto& v) { v.shops_word.status.order.due += 1; });
  // A report that is late, but not too late, is no contradiction.
  TradeView view = history.View();
  ++view.payment.status.revision;
  view.payment.status.update_time = view.shops_word.ask_time - absl::Seconds(1);
  REQUIRE(Fired(view, history.now()).empty());
  Catches("WORD-1", history, [](auto& v) {
    ++v.payment.status.revision;
    v.payment.status.update_time = v.shops_word.ask_time - absl::Hours(1);
  });
  Catches("WORD-1", history, [](auto& v) {
    ++v.shops_word.status.payment->revision;
    v.payment.ask_time = v.shops_word.status.payment->update_time + absl::Hours(1);
  });
}

TEST_CASE("match: services that did not answer are no reason to warn") {
  const testing::History history = Completed();
  TradeView view = history.View();
  view.order.kind = Answer<OrderStatus>::kUnreachable;
  view.payment.kind = Answer<PaymentStatus>::kUnreachable;
  view.delivery.kind = Answer<DeliveryStatus>::kUnreachable;
  view.shops_word.kind = Answer<TradingStatus>::kUnreachable;
  REQUIRE(Fired(view, history.now()).empty());
}

}  // namespace
}  // namespace tallystick
