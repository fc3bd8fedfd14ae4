// A history that happens again with some of the three lying: the liars run their real domain code
// on what they pretend has happened; the others are what they were. So a liar's whole word agrees
// with itself, and several liars agree with each other.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "platform/lang/overloaded.h"
#include "tests/support/histories.h"
#include "tests/support/liars.h"

namespace tallystick::testing {

enum class Party { kShop, kPayment, kDelivery };

// What the liars pretend: another order, other terms of the shop's, other events.
struct Pretence {
  std::string name;
  std::function<void(OrderContents&)> contents;           // what was ordered
  std::function<void(shopping::OrderPolicy&)> policy;     // what the shop grants
  std::function<bool(Event&)> event;                      // false: it never happened
  std::function<void(PaymentInstruction&)> to_payment;    // what the shop told payment
  std::function<void(DeliveryInstruction&)> to_delivery;  // what the shop told delivery
};

class Replay {
 public:
  Replay(const History& truth, std::set<Party> liars, Pretence pretence)
      : truth_(truth), liars_(std::move(liars)), pretence_(std::move(pretence)) {
    OrderContents contents = truth.order().contents;
    if (Lies(Party::kShop) && pretence_.contents) pretence_.contents(contents);
    shopping::OrderPolicy policy = truth.order().policy;
    if (Lies(Party::kShop) && pretence_.policy) pretence_.policy(policy);
    // (A later event needs what an earlier one made; what came to nothing is left out.)
    Take(shopping::Accept(contents, truth.order().buyer, "", truth.options().payment_method, policy,
                          contents.order_time));
    for (Event event : truth.events()) {
      const bool happened = !pretence_.event || pretence_.event(event);
      if (happened) Happen(event);
    }
    absl::Time now = truth.now();
    for (int i = 0; i < 1000 && Settle(now); ++i) {
    }
  }

  // What the liars say at the end; nullopt when one of them has nothing to say.
  std::optional<testing::Lies> Word() const {
    testing::Lies lies;
    const std::string& digest = truth_.order().status.order.contents_digest;
    if (Lies(Party::kPayment)) {
      if (!payment_) return std::nullopt;
      lies.payment = payment_->status;
      lies.payment->contents_digest = digest;
    }
    if (Lies(Party::kDelivery)) {
      if (!delivery_) return std::nullopt;
      lies.delivery = delivery_->status;
      lies.delivery->contents_digest = digest;
    }
    if (!Lies(Party::kShop)) return lies;
    lies.order = order_.status.order;
    lies.order->contents_digest = digest;
    lies.word = TradingStatus{order_.contents.trading_id};
    lies.word->order = *lies.order;
    // Of who does not lie with it, the shop repeats the truth, as far as it pretends to have heard.
    if (lies.payment) {
      lies.word->payment = StatusAt(payments_, lies.order->payment_revision);
    } else if (const PaymentStatus* told = truth_.PaymentAt(lies.order->payment_revision)) {
      lies.word->payment = *told;
    }
    if (lies.delivery) {
      lies.word->delivery = StatusAt(deliveries_, lies.order->delivery_revision);
    } else if (const DeliveryStatus* told = truth_.DeliveryAt(lies.order->delivery_revision)) {
      lies.word->delivery = *told;
    }
    if (lies.word->payment) lies.word->payment->contents_digest = digest;
    if (lies.word->delivery) lies.word->delivery->contents_digest = digest;
    return lies;
  }

 private:
  bool Lies(Party party) const { return liars_.contains(party); }

  template <typename Status>
  static std::optional<Status> StatusAt(const std::map<int64_t, Status>& all, int64_t revision) {
    const auto found = all.find(revision);
    return found == all.end() ? std::nullopt : std::optional<Status>(found->second);
  }

  void Take(shopping::Change change) {
    order_ = std::move(change.order);
    for (auto& message : change.payment) {
      if (pretence_.to_payment) pretence_.to_payment(message);
      to_payment_[message.sequence] = std::move(message);
    }
    for (auto& message : change.delivery) {
      if (pretence_.to_delivery) pretence_.to_delivery(message);
      to_delivery_[message.sequence] = std::move(message);
    }
  }
  void Take(payment::Change change) {
    payment_ = std::move(change.payment);
    payments_[payment_->status.revision] = payment_->status;
  }
  void Take(delivery::Change change) {
    delivery_ = std::move(change.delivery);
    deliveries_[delivery_->status.revision] = delivery_->status;
  }
  template <typename Change>
  void TakeIf(std::optional<Change> change) {
    if (change) Take(*std::move(change));
  }
  template <typename Change>
  void TakeIf(absl::StatusOr<std::optional<Change>> change) {
    if (change.ok()) TakeIf(*std::move(change));
  }

  bool Hear(bool payment, int64_t revision, absl::Time time) {
    const OrderStatus& order = order_.status.order;
    if (revision != (payment ? order.payment_revision : order.delivery_revision) + 1) return false;
    if (payment) {
      std::optional<PaymentStatus> report = StatusAt(payments_, revision);
      if (!Lies(Party::kPayment)) {
        const PaymentStatus* told = truth_.PaymentAt(revision);
        report = told == nullptr ? std::nullopt : std::optional<PaymentStatus>(*told);
      }
      if (!report) return false;
      Take(shopping::OnReport(order_, {report->trading_id, *report}, time));
    } else {
      std::optional<DeliveryStatus> report = StatusAt(deliveries_, revision);
      if (!Lies(Party::kDelivery)) {
        const DeliveryStatus* told = truth_.DeliveryAt(revision);
        report = told == nullptr ? std::nullopt : std::optional<DeliveryStatus>(*told);
      }
      if (!report) return false;
      Take(shopping::OnReport(order_, {report->trading_id, *report}, time));
    }
    return true;
  }
  // The next instruction in the order of numbers: the lying shop's own, or the true one.
  bool TellPayment(absl::Time time) {
    const int64_t next = payment_ ? payment_->status.instructions_applied + 1 : 1;
    std::optional<PaymentInstruction> message;
    if (Lies(Party::kShop)) {
      const auto found = to_payment_.find(next);
      if (found != to_payment_.end()) message = found->second;
    } else if (next <= static_cast<int64_t>(truth_.told_payment().size())) {
      message = truth_.told_payment()[static_cast<size_t>(next - 1)];
      if (pretence_.to_payment) pretence_.to_payment(*message);
    }
    if (!message) return false;
    auto change = payment::Apply(payment_ ? &*payment_ : nullptr, *message, time);
    if (change.ok()) {
      Take(*std::move(change));
    } else if (payment_) {
      payment_ = payment::SkipInstruction(*payment_, *message, "refused", time);
      payments_[payment_->status.revision] = payment_->status;
    }
    return change.ok() || payment_.has_value();
  }
  bool TellDelivery(absl::Time time) {
    const int64_t next = delivery_ ? delivery_->status.instructions_applied + 1 : 1;
    std::optional<DeliveryInstruction> message;
    if (Lies(Party::kShop)) {
      const auto found = to_delivery_.find(next);
      if (found != to_delivery_.end()) message = found->second;
    } else if (next <= static_cast<int64_t>(truth_.told_delivery().size())) {
      message = truth_.told_delivery()[static_cast<size_t>(next - 1)];
      if (pretence_.to_delivery) pretence_.to_delivery(*message);
    }
    if (!message) return false;
    auto change = delivery::Apply(delivery_ ? &*delivery_ : nullptr, *message, time);
    if (change.ok()) {
      Take(*std::move(change));
    } else if (delivery_) {
      delivery_ = delivery::SkipInstruction(*delivery_, next, "refused", time);
      deliveries_[delivery_->status.revision] = delivery_->status;
    }
    return change.ok() || delivery_.has_value();
  }

  void Happen(const Event& event) {
    const absl::Time time = event.time;
    std::visit(
        Overloaded{[&](const ShopHears& hears) { Hear(hears.payment, hears.revision, time); },
                   [&](const shopping::CancelRequest& request) {
                     TakeIf(shopping::Cancel(order_, request, time));
                   },
                   [&](const shopping::ReturnRequest& request) {
                     TakeIf(shopping::ReturnGoods(order_, request, time));
                   },
                   [&](const PaymentIsTold&) { TellPayment(time); },
                   [&](const GatewayAnswers& answer) {
                     if (payment_) {
                       TakeIf(
                           payment::RecordOutcome(*payment_, answer.number, answer.outcome, time));
                     }
                   },
                   [&](const PlannedBegins& planned) {
                     if (payment_) TakeIf(payment::BeginPlanned(*payment_, planned.number, time));
                   },
                   [&](const PaymentRetries& retry) {
                     if (payment_) TakeIf(payment::Retry(*payment_, retry.number, time));
                   },
                   [&](const DeliveryIsTold&) { TellDelivery(time); },
                   [&](const delivery::Booking& booking) {
                     if (delivery_) TakeIf(delivery::RecordBooking(*delivery_, booking, time));
                   },
                   [&](const CarrierProgress& progress) {
                     if (delivery_) {
                       TakeIf(delivery::RecordProgress(*delivery_, progress.shipment_id,
                                                       progress.progress, time));
                     }
                   },
                   [&](const delivery::Dispatch& dispatch) {
                     if (delivery_) TakeIf(delivery::RecordDispatch(*delivery_, dispatch, time));
                   },
                   [&](const ReturnProgresses& progress) {
                     if (delivery_) {
                       TakeIf(delivery::RecordReturn(*delivery_, progress.return_id,
                                                     progress.progress, time));
                     }
                   }},
        event.what);
  }

  // The liars hear of each other to the end.
  bool Settle(absl::Time now) {
    bool any = false;
    if (Lies(Party::kShop)) {
      any = Hear(true, order_.status.order.payment_revision + 1, now) || any;
      any = Hear(false, order_.status.order.delivery_revision + 1, now) || any;
    }
    if (Lies(Party::kPayment)) any = TellPayment(now) || any;
    if (Lies(Party::kDelivery)) any = TellDelivery(now) || any;
    return any;
  }

  const History& truth_;
  const std::set<Party> liars_;
  const Pretence pretence_;
  shopping::Order order_;
  std::optional<payment::Payment> payment_;
  std::optional<delivery::Delivery> delivery_;
  std::map<int64_t, PaymentStatus> payments_;  // by revision
  std::map<int64_t, DeliveryStatus> deliveries_;
  std::map<int64_t, PaymentInstruction> to_payment_;
  std::map<int64_t, DeliveryInstruction> to_delivery_;
};

}  // namespace tallystick::testing
