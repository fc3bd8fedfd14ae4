// Services that lie to the buyer, while the others tell the truth.
#pragma once

#include <cstdlib>
#include <optional>
#include <utility>

#include "tests/support/buyer.h"

namespace tallystick::testing {

// What a liar says instead of the truth; what is not set is true. A liar says the same whenever it
// is asked; of revisions that it has not lied about it tells the truth.
struct Lies {
  std::optional<OrderStatus> order;
  std::optional<PaymentStatus> payment;
  std::optional<DeliveryStatus> delivery;
  // The shop's account; made of `order` and the truth about the others if it is not set.
  std::optional<TradingStatus> word;
};

class Liars final : public Witnesses {
 public:
  Liars(const History& history, Lies lies) : Witnesses(history), lies_(std::move(lies)) {}

  std::optional<OrderStatus> Order(const Moment& moment) override {
    return lies_.order ? lies_.order : Witnesses::Order(moment);
  }
  std::optional<TradingStatus> Word(const Moment& moment) override {
    if (lies_.word) return lies_.word;
    std::optional<TradingStatus> word = Witnesses::Word(moment);
    if (lies_.order) word->order = *lies_.order;
    return word;
  }
  std::optional<PaymentStatus> Payment(const Moment& moment) override {
    return lies_.payment ? lies_.payment : Witnesses::Payment(moment);
  }
  std::optional<DeliveryStatus> Delivery(const Moment& moment) override {
    return lies_.delivery ? lies_.delivery : Witnesses::Delivery(moment);
  }
  std::optional<OrderStatus> OrderAt(const Moment& moment, int64_t revision) override {
    if (lies_.order && lies_.order->revision == revision) return lies_.order;
    return Witnesses::OrderAt(moment, revision);
  }
  std::optional<PaymentStatus> PaymentAt(const Moment& moment, int64_t revision) override {
    if (lies_.payment && lies_.payment->revision == revision) return lies_.payment;
    return Witnesses::PaymentAt(moment, revision);
  }
  std::optional<DeliveryStatus> DeliveryAt(const Moment& moment, int64_t revision) override {
    if (lies_.delivery && lies_.delivery->revision == revision) return lies_.delivery;
    return Witnesses::DeliveryAt(moment, revision);
  }

 private:
  const Lies lies_;
};

// What became of a lie: noticed at the first look, at the second (once a report would have come),
// or never.
enum class Noticed { kAtOnce, kLater, kNever };

// Two looks at `liars`, the second one when a report would have come; `mark` gets each warning.
template <typename Mark>
Noticed Look(const History& history, Buyer buyer, Witnesses& liars, const MatchSettings& settings,
             absl::Time now, Mark mark) {
  const absl::Time later = now + settings.report_delay + absl::Seconds(1);
  for (const absl::Time time : {now, later}) {
    const TradeView view = buyer.Ask(history, liars, When::Now(history));
    const std::vector<Warning> warnings = Match(view, settings, time);
    for (const Warning& warning : warnings) mark(warning);
    if (!warnings.empty()) return time == now ? Noticed::kAtOnce : Noticed::kLater;
    buyer.Keep(view, time);
  }
  return Noticed::kNever;
}

// A moment of a random history at which all messages have arrived, `now` some hours later; nullopt
// when payment and delivery have not heard of the trade yet. Honest looks give no warning then.
inline std::optional<absl::Time> QuietMoment(History& history, const MatchSettings& settings) {
  const int steps = history.Pick(2, 170);
  for (int i = 0; i < steps && history.Step(); ++i) {
  }
  history.DeliverAll();
  if (!history.payment() || !history.delivery()) return std::nullopt;
  const absl::Time soon = history.now() + absl::Minutes(1);
  const absl::Time late = history.now() + absl::Minutes(history.Pick(60, 20 * 60));
  for (const absl::Time now : {history.Pick(0, 1) == 0 ? late : soon, soon}) {
    Witnesses honest(history);
    bool warned = false;
    Look(history, Buyer(history), honest, settings, now, [&](const Warning&) { warned = true; });
    if (!warned) return now;
  }
  return std::nullopt;
}

// A buyer who has never seen the trade, and one who saw the truth shortly before `now`.
struct Buyers {
  Buyer fresh;
  Buyer informed;
};
inline Buyers BuyersOf(const History& history, absl::Time now) {
  Buyers buyers{Buyer(history), Buyer(history)};
  buyers.informed.Keep(buyers.informed.Ask(history), now - absl::Seconds(1));
  return buyers;
}

// Calls `visit(history, now)` with `scenes` quiet moments of random histories; TALLYSTICK_SEED
// moves on to others.
template <typename Visit>
void VisitQuietMoments(int scenes, const MatchSettings& settings, Visit visit) {
  const char* first = std::getenv("TALLYSTICK_SEED");
  uint32_t seed = first == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(first, nullptr, 10));
  for (; scenes > 0; ++seed) {
    History history = History::Random(seed);
    const std::optional<absl::Time> now = QuietMoment(history, settings);
    if (!now) continue;
    --scenes;
    visit(history, *now);
  }
}

}  // namespace tallystick::testing
