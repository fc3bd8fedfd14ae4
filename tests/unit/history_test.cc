// The properties of whole trades, over generated histories: 20,000 of them, of all terms, with
// partial and lost shipments, returns, cancellations, people who record by hand, and messages that
// are delayed, repeated and delivered in any order. TALLYSTICK_SEED moves on to other histories,
// TALLYSTICK_HISTORIES asks for more of them.
#include <algorithm>
#include <cstdlib>
#include <set>
#include <utility>

#include "platform/trade/rollup.h"
#include "tests/support/buyer.h"
#include "tests/support/catch.h"
#include "tests/support/histories.h"

namespace tallystick::testing {
namespace {

constexpr int kMostSteps = 4000;

uint32_t FromEnvironment(const char* name, uint32_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

uint32_t FirstSeed() { return FromEnvironment("TALLYSTICK_SEED", 1); }
uint32_t Histories() { return FromEnvironment("TALLYSTICK_HISTORIES", 20'000); }

// Reports take as long as they like in these histories.
MatchSettings Patient() {
  MatchSettings settings;
  settings.report_delay = absl::Hours(24);
  return settings;
}

// What the parts of `order` are worth that were delivered and kept, to the minor unit.
int64_t KeptValue(const shopping::Order& order, const DeliveryStatus& delivery) {
  int64_t kept = 0;
  for (const shopping::ShipmentValue& valued : order.shipment_values) {
    for (const Shipment& shipment : delivery.shipments) {
      if (shipment.shipment_id != valued.shipment_id) continue;
      if (shipment.state == ShipmentState::kDelivered) kept += valued.value;
    }
  }
  for (const Return& goods_return : order.status.order.returns) {
    if (IsBack(goods_return)) kept -= goods_return.amount;
  }
  return kept;
}

// What has left and will arrive nowhere.
int64_t LostPieces(const DeliveryStatus& delivery, const std::string& sku) {
  int64_t pieces = 0;
  for (const Shipment& shipment : delivery.shipments) {
    if (shipment.state != ShipmentState::kFailed || !IsDispatched(shipment)) continue;
    for (const GoodsQuantity& goods : shipment.lines) {
      if (goods.sku == sku) pieces += goods.quantity;
    }
  }
  return pieces;
}

void CheckGoods(const History& history) {
  const DeliveryStatus& delivery = history.delivery()->status;
  for (const DeliveryLine& line : delivery.lines) {
    CAPTURE(line.sku);
    // Nothing is on the way any more.
    REQUIRE(line.delivered + line.failed + line.canceled == line.ordered);
    REQUIRE(history.stock(line.sku) + line.delivered - line.returned +
                LostPieces(delivery, line.sku) ==
            History::kStock);
  }
  for (const OrderLineStatus& line : history.order().status.order.lines) {
    REQUIRE(line.return_requested == 0);
  }
}

void CheckMoney(const History& history) {
  const OrderStatus& order = history.order().status.order;
  const PaymentStatus& payment = history.payment()->status;
  const int64_t kept = KeptValue(history.order(), history.delivery()->status);
  REQUIRE(order.due == kept);
  REQUIRE(payment.due == (payment.state == PaymentState::kDeclined ? 0 : kept));
  REQUIRE(payment.authorized >= payment.captured + payment.voided);
  REQUIRE(payment.planned_captures.empty());
  const bool capture_failed = history.options().payment_method == "pm_sandbox_capture_fails";
  if (capture_failed) {
    REQUIRE(payment.captured == 0);
    return;
  }
  REQUIRE(payment.captured - payment.refunded == kept);
  REQUIRE(IsSettled(payment));
  REQUIRE((order.state == OrderState::kCompleted || order.state == OrderState::kRejected ||
           order.state == OrderState::kCanceled));
  for (const Return& goods_return : order.returns) {
    REQUIRE((goods_return.state == ReturnState::kRefunded ||
             goods_return.state == ReturnState::kRejected));
  }
}

// Which states and transitions the histories went through.
struct Coverage {
  std::set<std::pair<OrderState, OrderState>> orders;
  std::set<PaymentState> payments;
  std::set<std::pair<TransactionType, TransactionState>> transactions;
  std::set<DeliveryState> deliveries;
  std::set<std::pair<ShipmentState, ShipmentState>> shipments;
  std::set<ReturnState> returns;
  std::set<AdjustmentType> adjustments;

  void Add(const std::vector<Moment>& moments) {
    for (size_t i = 1; i < moments.size(); ++i) {
      const OrderStatus& before = moments[i - 1].order.order;
      const OrderStatus& after = moments[i].order.order;
      if (before.state != after.state) orders.insert({before.state, after.state});
      for (const DueAdjustment& adjustment : after.adjustments) adjustments.insert(adjustment.type);
      for (const Return& goods_return : after.returns) returns.insert(goods_return.state);
      if (moments[i].payment) {
        payments.insert(moments[i].payment->state);
        for (const PaymentTransaction& transaction : moments[i].payment->transactions) {
          transactions.insert({transaction.type, transaction.state});
        }
      }
      if (moments[i].delivery) deliveries.insert(moments[i].delivery->state);
      if (!moments[i].delivery || !moments[i - 1].delivery) continue;
      for (const Shipment& was : moments[i - 1].delivery->shipments) {
        for (const Shipment& is : moments[i].delivery->shipments) {
          if (was.shipment_id == is.shipment_id && was.state != is.state) {
            shipments.insert({was.state, is.state});
          }
        }
      }
    }
  }

  void Check() const {
    using O = OrderState;
    for (const auto& step : std::vector<std::pair<O, O>>{{O::kAccepted, O::kConfirmed},
                                                         {O::kAccepted, O::kRejected},
                                                         {O::kAccepted, O::kCancelPending},
                                                         {O::kConfirmed, O::kCompleted},
                                                         {O::kConfirmed, O::kCancelPending},
                                                         {O::kCancelPending, O::kConfirmed},
                                                         {O::kCancelPending, O::kCanceled}}) {
      CAPTURE(ToString(step.first), ToString(step.second));
      REQUIRE(orders.contains(step));
    }
    REQUIRE(payments.size() == 8);    // all of them
    REQUIRE(deliveries.size() == 8);  // all of them
    REQUIRE(returns.size() == 5);     // all of them
    REQUIRE(adjustments.size() == 4);
    using T = TransactionType;
    using S = TransactionState;
    for (const T type : {T::kAuthorize, T::kCapture, T::kVoid, T::kRefund}) {
      for (const S state : {S::kPending, S::kSucceeded, S::kUnknown}) {
        CAPTURE(ToString(type), ToString(state));
        REQUIRE(transactions.contains({type, state}));
      }
    }
    REQUIRE(transactions.contains({T::kAuthorize, S::kFailed}));
    REQUIRE(transactions.contains({T::kCapture, S::kFailed}));
    using P = ShipmentState;
    for (const auto& step : std::vector<std::pair<P, P>>{{P::kScheduled, P::kPreparing},
                                                         {P::kScheduled, P::kCanceled},
                                                         {P::kPreparing, P::kInTransit},
                                                         {P::kPreparing, P::kFailed},
                                                         {P::kPreparing, P::kCanceled},
                                                         {P::kInTransit, P::kOutForDelivery},
                                                         {P::kInTransit, P::kFailed},
                                                         {P::kOutForDelivery, P::kDelivered},
                                                         {P::kOutForDelivery, P::kFailed}}) {
      CAPTURE(ToString(step.first), ToString(step.second));
      REQUIRE(shipments.contains(step));
    }
  }
};

TEST_CASE("20,000 lawful histories end, goods and money add up, no instruction is refused") {
  std::map<Terms, int> terms;
  int states[8] = {};
  int partial = 0;
  int returned = 0;
  Coverage coverage;
  for (uint32_t seed = FirstSeed(); seed < FirstSeed() + Histories(); ++seed) {
    CAPTURE(seed);
    History history = History::Random(seed);
    REQUIRE(history.placed());
    int steps = 0;
    while (history.Step()) REQUIRE(++steps < kMostSteps);
    CAPTURE(history.refused());
    REQUIRE(history.refused().empty());
    // Everybody has heard of everything.
    const TradingStatus& status = history.order().status;
    REQUIRE((status.payment == history.payment()->status));
    REQUIRE((status.delivery == history.delivery()->status));
    CheckGoods(history);
    CheckMoney(history);
    ++terms[history.order().contents.terms];
    ++states[static_cast<int>(status.order.state)];
    if (status.delivery->shipments.size() > 1) ++partial;
    if (!status.order.returns.empty()) ++returned;
    coverage.Add(history.moments());
  }
  coverage.Check();
  // The histories are worth their number: none of these is rare.
  for (const TermsRule& each : AllTerms()) {
    REQUIRE(terms[each.terms] > 4000);
  }
  for (const OrderState each :
       {OrderState::kCompleted, OrderState::kRejected, OrderState::kCanceled}) {
    REQUIRE(states[static_cast<int>(each)] > 500);
  }
  REQUIRE(partial > 4000);
  REQUIRE(returned > 1500);
}

// Four questions that are answered at different moments, none longer than a few steps ago and none
// before the last look, and the ones that follow from them, later.
When Scattered(History& history, size_t not_before) {
  const size_t last = history.moments().size() - 1;
  const absl::Time earliest = history.now() - absl::Seconds(10);
  const auto pick = [&] {
    size_t at = last;
    for (int back = history.Pick(0, 4); back > 0 && at > not_before; --back) {
      if (history.moments()[at - 1].time < earliest) break;
      --at;
    }
    return at;
  };
  When when{pick(), pick(), pick(), pick()};
  const size_t latest = std::max({when.order, when.word, when.payment, when.delivery});
  when.then = static_cast<size_t>(history.Pick(static_cast<int>(latest), static_cast<int>(last)));
  return when;
}

TEST_CASE("20,000 lawful histories, seen at any moments, give no warning") {
  const MatchSettings settings = Patient();
  int64_t views = 0;
  int64_t in_step = 0;
  for (uint32_t seed = FirstSeed(); seed < FirstSeed() + Histories(); ++seed) {
    // All clocks together, or apart by as much as is allowed.
    const bool skewed = seed % 2 == 0;
    History history = History::Random(seed, skewed ? settings.clock_skew : absl::ZeroDuration());
    Buyer buyer(history);
    Witnesses witnesses(history);
    size_t last_look = 0;
    std::optional<When> slow;
    int steps = 0;
    bool more = true;
    const auto look = [&](const When& when) {
      const TradeView view =
          buyer.Ask(history, witnesses, when, [&] { return history.Pick(1, 30) == 1; });
      for (const Warning& warning : Match(view, settings, history.now())) {
        CAPTURE(seed, skewed, TextOf(warning));
        FAIL("a false warning");
      }
      if (Reading(view, settings, history.now()).in_step) ++in_step;
      buyer.Keep(view, history.now());
      ++views;
    };
    while (more) {
      more = history.Step() && ++steps < kMostSteps;
      if (more && history.Pick(1, 4) > 1) continue;
      const When when = Scattered(history, last_look);
      // One in five is a second tally on the same ledger, whose questions are so slow that the
      // first one has looked again meanwhile.
      if (!slow && more && history.Pick(1, 5) == 1) {
        slow = when;
        continue;
      }
      look(when);
      last_look = history.moments().size() - 1;
      if (!slow) continue;
      slow->then = last_look;
      // (No question takes until the date of a planned payment.)
      const auto& asked =
          history.moments()[std::min({slow->order, slow->word, slow->payment, slow->delivery})];
      if (history.now() - asked.time < absl::Hours(1)) look(*slow);
      slow.reset();
    }
  }
  REQUIRE(views > 10 * static_cast<int64_t>(Histories()));
  // Most of them are seen in step at some moment, not only excused.
  REQUIRE(in_step > static_cast<int64_t>(Histories()) / 2);
}

TEST_CASE("revisions grow by one and statuses are rolled up at every step") {
  for (uint32_t seed = FirstSeed(); seed < FirstSeed() + 2000; ++seed) {
    CAPTURE(seed);
    History history = History::Random(seed);
    while (history.Step()) {
    }
    const Moment* before = nullptr;
    for (const Moment& moment : history.moments()) {
      if (before != nullptr) {
        const int64_t step = moment.order.order.revision - before->order.order.revision;
        REQUIRE((step == 0 || step == 1 || step == 2));  // 2: somebody asked twice
      }
      if (moment.payment) {
        REQUIRE(moment.payment->captured == SumOf(*moment.payment, TransactionType::kCapture));
        REQUIRE(moment.payment->captured <= moment.payment->authorized);
      }
      before = &moment;
    }
  }
}

}  // namespace
}  // namespace tallystick::testing
