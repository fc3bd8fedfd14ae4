// What the match excuses for a time, and what a service that takes up again may say.
#include "client-cli/match/questions.h"
#include "platform/trade/rollup.h"
#include "tests/support/matching.h"

namespace tallystick {
namespace {

using testing::Completed;
using testing::Fired;

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

}  // namespace
}  // namespace tallystick
