// Each rule of the match: what it must catch and what it must leave alone.
#include <limits>

#include "client-cli/match/questions.h"
#include "platform/trade/rollup.h"
#include "tests/support/matching.h"

namespace tallystick {
namespace {

using testing::Catches;
using testing::Completed;
using testing::Fired;
using testing::Rejected;

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
  TradeView view = testing::Buyer(history).Ask(history);
  view.payment.status.trading_id.bytes[15] ^= 1;
  view.payment.status.captured += 1;
  // Nothing else is said of an answer that is about something else.
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"ID-1"});
  REQUIRE(WithoutForeignAnswers(view).payment.get() == nullptr);
  Catches("ID-1", history, [](auto& v) { v.order.status.trading_id = {}; });
  Catches("ID-1", history, [](auto& v) { v.delivery.status.trading_id = {}; });
  Catches("ID-1", history, [](auto& v) { v.shops_word.status.trading_id = {}; });
  Catches("ID-1", history, [](auto& v) { v.shops_word.status.payment->trading_id = {}; });
  Catches("ID-1", history, [](auto& v) { v.order.status.odd_trading_id = "no id"; });
}

TEST_CASE("match: ID-2 other contents") {
  Catches("ID-2", Completed(), [](auto& v) { v.order.status.contents_digest[0] ^= 1; });
  Catches("ID-2", Completed(), [](auto& v) { v.payment.status.contents_digest = ""; });
  Catches("ID-2", Completed(), [](auto& v) { v.delivery.status.contents_digest = "x"; });
}

TEST_CASE("match: ID-3 unknown beyond the grace period") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
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

TEST_CASE("match: MONEY-2 what is to be given back is excused once, and not by each refund anew") {
  const testing::History history = Completed();
  const absl::Time now = history.now();
  TradeView view = testing::Buyer(history).Ask(history);
  PaymentStatus& payment = view.payment.status;
  payment.due -= 100;
  PaymentTransaction refund;
  refund.number = 99;
  refund.type = TransactionType::kRefund;
  refund.state = TransactionState::kPending;
  refund.amount = 1;
  payment.transactions.push_back(refund);
  const auto fires = [&] {
    const std::vector<std::string> fired = Fired(view, now);
    return std::ranges::find(fired, "MONEY-2") != fired.end();
  };
  view.sightings.first.clear();
  REQUIRE(!fires());
  // Payment has been told for long that less is due, and has taken nothing since.
  const absl::Time before = now - MatchSettings{}.refund_grace - absl::Seconds(1);
  view.sightings.first[{Sight::kOpenTransaction, 99}] = now;
  view.sightings.first[{Sight::kPaymentInstructions, payment.instructions_applied}] = before;
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (IsCaptured(transaction)) {
      view.sightings.first[{Sight::kCaptured, transaction.number}] = before;
    }
  }
  REQUIRE(fires());
  payment.transactions.back().amount = 100;
  REQUIRE(fires());
  payment.transactions.back().type = TransactionType::kCapture;
  REQUIRE(fires());
  // That it took too much shows only now, perhaps.
  const auto captured = std::ranges::find_if(payment.transactions, IsCaptured);
  REQUIRE(captured != payment.transactions.end());
  view.sightings.first[{Sight::kCaptured, captured->number}] = now;
  REQUIRE(!fires());
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
}

TEST_CASE("match: GOODS-6, GOODS-7 the shop counts otherwise than delivery") {
  Catches("GOODS-6", Completed(), [](auto& v) { v.order.status.lines[0].delivered = 0; });
  Catches("GOODS-7", Completed(), [](auto& v) { v.order.status.lines[0].delivered = 0; });
  Catches("GOODS-7", Completed(), [](auto& v) { v.order.status.state = OrderState::kConfirmed; });
}

TEST_CASE("match: a state that this client does not know is no contradiction") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
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
  TradeView view = testing::Buyer(history).Ask(history);
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
}

TEST_CASE("match: evidence names the fields that differ, with both values") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  view.shops_word.status.payment->transactions[0].reference = "another";
  view.shops_word.status.payment->odd_amounts.push_back({"captured", "EUR"});
  const std::vector<Warning> warnings = Match(view, {}, history.now());
  REQUIRE(warnings.size() == 1);
  REQUIRE(warnings[0].rule == "WORD-1");
  REQUIRE(warnings[0].evidence.at("transactions[0].reference") ==
          "shopping: another; payment: " + view.payment.status.transactions[0].reference);
  REQUIRE(warnings[0].evidence.at("captured.currency_code") == "shopping: EUR; payment: nothing");
}

TEST_CASE("match: an answer of 100,000 elements is reported and not compared") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  view.order.status.returns.resize(100'000);
  view.shops_word.status.order.returns.resize(100'000);
  view.payment.status.transactions.resize(100'000);
  view.delivery.status.shipments.resize(100'000);
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>(4, "SIZE-1"));
  view = testing::Buyer(history).Ask(history);
  view.payment.status.transactions[0].failure_reason = std::string(3'000'000, 'x');
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"SIZE-1"});
}

TEST_CASE("match: HISTORY-1 an old answer, though the revision that was asked for is true") {
  const testing::History history = Completed();
  testing::Buyer buyer(history);
  buyer.Keep(buyer.Ask(history), history.now());
  class Old final : public testing::Witnesses {
   public:
    using Witnesses::Witnesses;
    std::optional<PaymentStatus> Payment(const testing::Moment&) override {
      return *history_.PaymentAt(2);
    }
  } old(history);
  TradeView view = buyer.Ask(history, old, testing::When::Now(history));
  REQUIRE(view.payment.status.revision > 2);  // the truth, in the end
  // The first question was asked after the ledger had seen more.
  view.then.payment.ask_time = view.payment.ask_time = history.now() + absl::Seconds(1);
  REQUIRE(Fired(view, history.now() + absl::Seconds(1)) == std::vector<std::string>{"HISTORY-1"});
  // Or before, by another tally on the same ledger.
  view.then.payment.ask_time = view.payment.ask_time = history.now() - absl::Seconds(1);
  REQUIRE(Fired(view, history.now() + absl::Seconds(1)).empty());
}

TEST_CASE("match: a canceled order that nobody canceled") {
  // Payment declined; the shop says that the buyer had canceled.
  Catches("WORD-2", Rejected(), [](auto& v) {
    v.order.status.state = OrderState::kCanceled;
    v.order.status.adjustments.at(0).type = AdjustmentType::kCanceled;
    v.shops_word.status.order = v.order.status;
  });
}

TEST_CASE("match: thousands of faults in one answer are a few warnings and a number") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  view.payment.status.transactions.resize(9'000);
  const std::vector<Warning> warnings = Match(view, {}, history.now());
  REQUIRE(warnings.size() < 100);
  const auto more = std::find_if(warnings.begin(), warnings.end(), [](const Warning& warning) {
    return warning.rule == "GOODS-4" && warning.evidence.contains("and more");
  });
  REQUIRE(more != warnings.end());
}

TEST_CASE("match: services that did not answer are no reason to warn") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  view.order.kind = Answer<OrderStatus>::kUnreachable;
  view.payment.kind = Answer<PaymentStatus>::kUnreachable;
  view.delivery.kind = Answer<DeliveryStatus>::kUnreachable;
  view.shops_word.kind = Answer<TradingStatus>::kUnreachable;
  REQUIRE(Fired(view, history.now()).empty());
}

}  // namespace
}  // namespace tallystick