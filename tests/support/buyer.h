// A buyer who follows a history: asks as tally does, and remembers what the ledger remembers.
#pragma once

#include <optional>
#include <vector>

#include "client-cli/match/match.h"
#include "client-cli/match/questions.h"
#include "tests/support/histories.h"
#include "tests/support/trade_memory.h"

namespace tallystick::testing {

// The four answers of one look, each given at a moment of the history of its own.
struct When {
  size_t order = 0;
  size_t word = 0;
  size_t payment = 0;
  size_t delivery = 0;
  size_t then = 0;  // when the questions that followed were answered; not before any of the others

  static When Now(const History& history) {
    const size_t last = history.moments().size() - 1;
    return {last, last, last, last, last};
  }
};

// What the services say, as honest ones would; liars override what they lie about.
class Witnesses {
 public:
  explicit Witnesses(const History& history) : history_(history) {}
  virtual ~Witnesses() = default;

  virtual std::optional<OrderStatus> Order(const Moment& moment) { return moment.order.order; }
  virtual std::optional<TradingStatus> Word(const Moment& moment) { return moment.order; }
  virtual std::optional<PaymentStatus> Payment(const Moment& moment) { return moment.payment; }
  virtual std::optional<DeliveryStatus> Delivery(const Moment& moment) { return moment.delivery; }

  // At a revision; what is later than `moment` does not exist yet.
  virtual std::optional<OrderStatus> OrderAt(const Moment& moment, int64_t revision) {
    const TradingStatus* found = history_.OrderAt(revision);
    if (found == nullptr || revision > moment.order.order.revision) return std::nullopt;
    return found->order;
  }
  virtual std::optional<PaymentStatus> PaymentAt(const Moment& moment, int64_t revision) {
    const PaymentStatus* found = history_.PaymentAt(revision);
    if (found == nullptr || !moment.payment || revision > moment.payment->revision) {
      return std::nullopt;
    }
    return *found;
  }
  virtual std::optional<DeliveryStatus> DeliveryAt(const Moment& moment, int64_t revision) {
    const DeliveryStatus* found = history_.DeliveryAt(revision);
    if (found == nullptr || !moment.delivery || revision > moment.delivery->revision) {
      return std::nullopt;
    }
    return *found;
  }

 protected:
  const History& history_;
};

class Buyer {
 public:
  explicit Buyer(const History& history) {
    ledger_.contents = history.order().contents;
    ledger_.contents_digest = ContentsDigest(ledger_.contents);
    ledger_.place_time = history.moments().front().time;
    ledger_.return_period = history.order().policy.return_period;
  }

  // What the ledger holds and the witnesses answer. `unheard`, if given, says which of the seven
  // answers is lost on the way.
  template <typename Unheard>
  TradeView Ask(const History& history, Witnesses& witnesses, const When& when, Unheard unheard) {
    TradeView view = ledger_;
    const auto& moments = history.moments();
    const auto put = [&](auto& answer, auto status, const Moment& moment) {
      using Kind = std::remove_reference_t<decltype(answer)>;
      answer.ask_time = moment.time;
      if (unheard()) {
        answer.kind = Kind::kUnreachable;
      } else if (status) {
        answer.kind = Kind::kStatus;
        answer.status = *std::move(status);
      } else {
        answer.kind = Kind::kNotFound;
      }
    };
    put(view.order, witnesses.Order(moments[when.order]), moments[when.order]);
    put(view.shops_word, witnesses.Word(moments[when.word]), moments[when.word]);
    put(view.payment, witnesses.Payment(moments[when.payment]), moments[when.payment]);
    put(view.delivery, witnesses.Delivery(moments[when.delivery]), moments[when.delivery]);
    const Questions questions = NextQuestions(view);
    const Moment& then = moments[when.then];
    if (questions.order) {
      put(view.then.order, witnesses.OrderAt(then, *questions.order), then);
    }
    if (questions.payment) {
      put(view.then.payment, witnesses.PaymentAt(then, *questions.payment), then);
    }
    if (questions.delivery) {
      put(view.then.delivery, witnesses.DeliveryAt(then, *questions.delivery), then);
    }
    TakeNewer(view);
    memory_.Recall(view);
    return view;
  }
  TradeView Ask(const History& history, Witnesses& witnesses, const When& when) {
    return Ask(history, witnesses, when, [] { return false; });
  }
  TradeView Ask(const History& history) {
    Witnesses honest(history);
    return Ask(history, honest, When::Now(history));
  }

  void Keep(const TradeView& view, absl::Time now) { memory_.Keep(view, now); }

 private:
  TradeView ledger_;
  TradeMemory memory_;
};

}  // namespace tallystick::testing
