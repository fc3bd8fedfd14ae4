// Each rule of the match: what it must catch and what it must leave alone.
#include <limits>

#include "client-cli/match/match.h"
#include "client-cli/match/questions.h"

#include <algorithm>
#include <functional>

#include "platform/trade/rollup.h"
#include "tests/support/buyer.h"
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
  TradeView view = testing::Buyer(history).Ask(history);
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

TEST_CASE("match: WORD-1 a report may be late, but by the ledger's clock and not for ever") {
  const testing::History history = Completed();
  const absl::Time now = history.now();
  // Payment is a revision ahead, and dates it as it likes.
  const auto ahead = [&](absl::Time dated) {
    TradeView view = testing::Buyer(history).Ask(history);
    view.then.payment = view.payment;
    ++view.payment.status.revision;
    view.payment.status.update_time = dated;
    return view;
  };
  for (const absl::Time dated : {now, now - absl::Seconds(1)}) {
    TradeView view = ahead(dated);
    REQUIRE(Fired(view, now).empty());
    REQUIRE(Fired(view, now + absl::Hours(1)).empty());  // seen for the first time
    view.sightings.first[{Sight::kPaymentRevision, view.payment.status.revision}] = now;
    REQUIRE(Fired(view, now + absl::Minutes(2)).empty());
    REQUIRE(Fired(view, now + absl::Minutes(3)) == std::vector<std::string>{"WORD-1"});
    // Another revision on top is no new beginning.
    ++view.payment.status.revision;
    REQUIRE(Fired(view, now + absl::Minutes(3)) == std::vector<std::string>{"WORD-1"});
  }
}

TEST_CASE("match: WORD-1 a shop that is ahead of a service is no late report") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  const int64_t told = view.payment.status.revision;
  view.payment.status = *history.PaymentAt(told - 1);
  const Questions questions = NextQuestions(view);
  REQUIRE(questions.payment == told);
  REQUIRE_FALSE(questions.order);
  REQUIRE_FALSE(questions.delivery);
  // It had only been asked too early: no warning.
  TradeView later = view;
  later.then.payment.kind = Answer<PaymentStatus>::kStatus;
  later.then.payment.status = *history.PaymentAt(told);
  TakeNewer(later);
  REQUIRE(later.payment.status.revision == told);
  REQUIRE(Fired(later, history.now()).empty());
  // It has no such revision: an alarm at once.
  view.then.payment.kind = Answer<PaymentStatus>::kNotFound;
  const std::vector<std::string> fired = Fired(view, history.now());
  REQUIRE(std::find(fired.begin(), fired.end(), "WORD-1") != fired.end());
}

TEST_CASE("match: ID-3 no grace for a service that knew the trade") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  view.delivery = {};
  view.delivery.kind = Answer<DeliveryStatus>::kNotFound;
  view.delivery.ask_time = view.place_time + absl::Seconds(1);
  REQUIRE(Fired(view, history.now()).empty());
  view.sightings.first[{Sight::kDeliveryRevision, 1}] = view.place_time;
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"ID-3"});
}

TEST_CASE("match: ID-3 no grace for the shop, whose answer to the order is in the ledger") {
  const testing::History history = Completed();
  TradeView view = testing::Buyer(history).Ask(history);
  view.order = {};
  view.order.kind = Answer<OrderStatus>::kNotFound;
  view.shops_word = {};
  view.shops_word.kind = Answer<TradingStatus>::kNotFound;
  view.order.ask_time = view.shops_word.ask_time = view.place_time + absl::Seconds(1);
  // Once, though it was asked twice; and payment and delivery contradict nothing.
  const std::vector<Warning> warnings = Match(view, {}, history.now());
  REQUIRE(warnings.size() == 1);
  REQUIRE(warnings[0].rule == "ID-3");
  REQUIRE(
      warnings[0].sentence ==
      "shopping does not know this trade any more, although it accepted it; ask the shop, which "
      "may be restoring a database, and show it the order from tally show");
  // In the same words if the others have lost it, too.
  view.payment.kind = Answer<PaymentStatus>::kNotFound;
  view.delivery.kind = Answer<DeliveryStatus>::kUnreachable;
  view.payment.ask_time = view.place_time + absl::Seconds(1);
  const std::vector<Warning> all = Match(view, {}, history.now());
  REQUIRE(all.size() == 1);
  REQUIRE(IsSame(all[0], warnings[0]));
}

TEST_CASE("match: ID-3 no grace for a service whose answer the ledger holds, or the shop's of it") {
  const testing::History history = Completed();
  const auto lost = [&](absl::Time ask_time) {
    TradeView view = testing::Buyer(history).Ask(history);
    view.payment = {};
    view.payment.kind = Answer<PaymentStatus>::kNotFound;
    view.payment.ask_time = ask_time;
    view.order = {};
    view.shops_word = {};
    return view;
  };
  const TradeView whole = testing::Buyer(history).Ask(history);
  const absl::Time seen = whole.place_time + absl::Seconds(1);
  TradeView view = lost(seen + absl::Seconds(1));
  REQUIRE(Fired(view, history.now()).empty());
  view.past.payment.highest = {whole.payment.status, seen};
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"ID-3"});
  view = lost(seen + absl::Seconds(1));
  view.past.order.highest = {whole.order.status, seen};
  REQUIRE(Fired(view, history.now()) == std::vector<std::string>{"ID-3"});
  // Another tally had that answer after this one had asked.
  view = lost(seen - absl::Milliseconds(1));
  view.past.order.highest = {whole.order.status, seen};
  view.past.payment.highest = {whole.payment.status, seen};
  REQUIRE(Fired(view, history.now()).empty());
}

// After a loss, payment and delivery go on from far above what they had, and the shop has heard of
// just that.
void TakeUp(TradeView& view, int64_t payment, int64_t delivery) {
  view.payment.status.revision += payment;
  view.delivery.status.revision += delivery;
  TradingStatus& word = view.shops_word.status;
  for (OrderStatus* order : {&view.order.status, &word.order}) {
    order->payment_revision += payment;
    order->delivery_revision += delivery;
    order->revision += payment + delivery;
  }
  word.payment->revision += payment;
  word.delivery->revision += delivery;
}

TEST_CASE("match: a service that takes up again above a gap in its revisions is lawful") {
  const testing::History history = Completed();
  testing::Buyer buyer(history);
  buyer.Keep(buyer.Ask(history), history.now());
  for (const auto& [payment, delivery] : {std::pair{4, 0}, {4, 7}, {1000, 1000}}) {
    TradeView view = buyer.Ask(history);
    TakeUp(view, payment, delivery);
    REQUIRE(Fired(view, history.now()).empty());
    buyer.Keep(view, history.now());
    REQUIRE(Fired(view, history.now()).empty());
  }
}

TEST_CASE("match: after a restored service has healed nothing new is found") {
  const testing::History history = Completed();
  testing::Buyer buyer(history);
  const TradeView before = buyer.Ask(history);
  buyer.Keep(before, history.now());
  const auto look = [&](int seconds, auto change) {
    TradeView view = buyer.Ask(history);
    change(view);
    view.order.ask_time = view.payment.ask_time = history.now() + absl::Seconds(seconds);
    const std::vector<std::string> fired = Fired(view, history.now() + absl::Seconds(seconds));
    buyer.Keep(view, history.now() + absl::Seconds(seconds));
    return fired;
  };
  const auto restored = [&](TradeView& view) {
    view.payment.status = *history.PaymentAt(2);
    view.then.payment.kind = Answer<PaymentStatus>::kNotFound;
  };
  REQUIRE_FALSE(look(1, restored).empty());
  REQUIRE(look(2, [](TradeView& view) { TakeUp(view, 40, 0); }).empty());
}

TEST_CASE("match: HISTORY-1 compares with the highest revision ever seen") {
  const testing::History history = Completed();
  testing::Buyer buyer(history);
  TradeView view = buyer.Ask(history);
  buyer.Keep(view, history.now());
  class Restored final : public testing::Witnesses {
   public:
    using Witnesses::Witnesses;
    std::optional<PaymentStatus> Payment(const testing::Moment&) override { return Old(); }
    std::optional<PaymentStatus> PaymentAt(const testing::Moment&, int64_t) override {
      return std::nullopt;
    }
    std::optional<PaymentStatus> Old() { return *history_.PaymentAt(2); }
  } restored(history);
  // Look after look: the lower revision does not become the truth.
  for (int look = 0; look < 3; ++look) {
    const absl::Time now = history.now() + absl::Seconds(look + 1);
    view = buyer.Ask(history, restored, testing::When::Now(history));
    view.payment.ask_time = now;
    const std::vector<std::string> fired = Fired(view, now);
    REQUIRE(std::find(fired.begin(), fired.end(), "HISTORY-1") != fired.end());
    REQUIRE(std::find(fired.begin(), fired.end(), "WORD-1") != fired.end());
    buyer.Keep(view, now);
  }
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
