// Whole trades driven through the real domains, with messages that are delayed, repeated and
// delivered in any order between the servers: what property tests run.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "client-cli/match/match.h"
#include "platform/relay/sequence.h"
#include "services/delivery/domain/delivery.h"
#include "services/delivery/workflow/sandbox_carrier.h"
#include "services/payment/domain/payment.h"
#include "services/payment/workflow/sandbox_gateway.h"
#include "services/shopping/domain/order.h"
#include "services/shopping/domain/order_draft.h"

namespace tallystick::testing {

// One trade in three domains. Not a model: every step calls the code that the servers run.
class History {
 public:
  History(uint32_t seed, std::string payment_method, std::string address_marker)
      : random_(seed), payment_method_(payment_method) {
    shopping::Catalogue catalogue;
    shopping::OrderDraft draft;
    const int lines = Pick(1, 4);
    for (int i = 0; i < lines; ++i) {
      const std::string sku = "SKU-" + std::to_string(i);
      catalogue.products[sku] = {sku,           "Product " + sku, "",    "USD",
                                 Pick(0, 5000), Pick(0, 2500),    kStock};
      draft.items.push_back({sku, Pick(1, 30)});
    }
    catalogue.options["standard"] = {"standard", "Standard", Pick(0, 900), absl::Hours(120)};
    draft.request_id = NewUuidV7(now_);
    draft.buyer = "alice";
    draft.ship_to.lines = {"Alice", address_marker.empty() ? "Street 1" : address_marker};
    draft.delivery_option = "standard";
    draft.payment_method = payment_method_;
    const Uuid id = TradingIdFor(std::string(32, 'k'), draft.buyer, draft.request_id);
    auto contents = shopping::PriceAndTake(draft, id, catalogue, now_);
    for (const auto& [sku, product] : catalogue.products) stock_[sku] = product.stock;
    placed_ = contents.ok();
    if (!placed_) return;
    Take(shopping::Accept(*std::move(contents), draft.buyer, "", payment_method_, now_));
  }

  // One random step: a message arrives (perhaps again), or the gateway or carrier acts. False when
  // nothing is left to do.
  bool Step() {
    now_ += absl::Milliseconds(Pick(1, 2000));
    std::vector<int> possible;
    if (!to_payment_.empty()) possible.push_back(0);
    if (!to_delivery_.empty()) possible.push_back(1);
    if (!payment_reports_.empty()) possible.push_back(2);
    if (!delivery_reports_.empty()) possible.push_back(3);
    if (!gateway_.empty()) possible.push_back(4);
    if (!carrier_.empty()) possible.push_back(5);
    if (possible.empty()) return false;
    switch (possible[Pick(0, static_cast<int>(possible.size()) - 1)]) {
      case 0: ArriveAtPayment(); break;
      case 1: ArriveAtDelivery(); break;
      case 2: ArriveAtShop(payment_reports_); break;
      case 3: ArriveAtShop(delivery_reports_); break;
      case 4: GatewayActs(); break;
      default: CarrierActs(); break;
    }
    return true;
  }

  TradeView View() const {
    TradeView view;
    view.contents = order_.contents;
    view.contents_digest = ContentsDigest(order_.contents);
    view.place_time = order_.contents.order_time;
    const auto answer = [this](auto status) {
      Answer<decltype(status)> answer;
      answer.kind = decltype(answer)::kStatus;
      answer.status = std::move(status);
      answer.ask_time = now_;
      return answer;
    };
    view.order = answer(order_.status.order);
    view.shops_word = answer(order_.status);
    if (payment_) view.payment = answer(payment_->status);
    if (delivery_) view.delivery = answer(delivery_->status);
    return view;
  }

  bool placed() const { return placed_; }
  absl::Time now() const { return now_; }
  const shopping::Order& order() const { return order_; }
  const std::optional<payment::Payment>& payment() const { return payment_; }
  const std::optional<delivery::Delivery>& delivery() const { return delivery_; }
  int64_t stock(const std::string& sku) const { return stock_.at(sku); }
  // Messages that a receiver's domain refused; none in a lawful history.
  const std::vector<std::string>& refused() const { return refused_; }

  static constexpr int64_t kStock = 1000;

 private:
  int Pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  void Take(shopping::Change change) {
    order_ = std::move(change.order);
    for (auto& message : change.payment) to_payment_.push_back(std::move(message));
    for (auto& message : change.delivery) to_delivery_.push_back(std::move(message));
    for (const GoodsQuantity& goods : change.stock_back) stock_[goods.sku] += goods.quantity;
  }

  // Takes a message from anywhere in the queue; one in five stays there and comes again.
  template <typename Message>
  Message Draw(std::deque<Message>& queue, size_t* at) {
    *at = static_cast<size_t>(Pick(0, static_cast<int>(queue.size()) - 1));
    return queue[*at];
  }
  template <typename Message>
  void Acknowledge(std::deque<Message>& queue, size_t at) {
    if (Pick(1, 5) > 1) queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(at));
  }

  void ArriveAtPayment() {
    size_t at;
    const PaymentInstruction message = Draw(to_payment_, &at);
    const int64_t last = payment_ ? payment_->status.instructions_applied : 0;
    const SequenceVerdict verdict = CheckSequence(last, message.sequence);
    if (verdict == SequenceVerdict::kNotYet) return;
    Acknowledge(to_payment_, at);
    if (verdict == SequenceVerdict::kAlreadyApplied) return;
    auto change = payment::Apply(payment_ ? &*payment_ : nullptr, message, now_);
    if (!change.ok()) {
      refused_.push_back(std::string(change.status().message()));
      payment_ = payment::SkipInstruction(*payment_, message.sequence, now_);
      payment_reports_.push_back(payment_->status);
    } else {
      Take(*std::move(change));
    }
  }
  void Take(payment::Change change) {
    payment_ = std::move(change.payment);
    payment_reports_.push_back(payment_->status);
    for (const int32_t number : change.to_submit) gateway_.push_back(number);
  }

  void ArriveAtDelivery() {
    size_t at;
    const DeliveryInstruction message = Draw(to_delivery_, &at);
    const int64_t last = delivery_ ? delivery_->status.instructions_applied : 0;
    const SequenceVerdict verdict = CheckSequence(last, message.sequence);
    if (verdict == SequenceVerdict::kNotYet) return;
    Acknowledge(to_delivery_, at);
    if (verdict == SequenceVerdict::kAlreadyApplied) return;
    auto change = delivery::Apply(delivery_ ? &*delivery_ : nullptr, message, now_);
    if (!change.ok()) {
      refused_.push_back(std::string(change.status().message()));
      delivery_ = delivery::SkipInstruction(*delivery_, message.sequence, now_);
      delivery_reports_.push_back(delivery_->status);
    } else {
      Take(*std::move(change));
    }
  }
  void Take(delivery::Change change) {
    delivery_ = std::move(change.delivery);
    delivery_reports_.push_back(delivery_->status);
    if (change.book) carrier_.push_back("");
    for (const std::string& shipment : change.to_follow) carrier_.push_back(shipment);
  }

  template <typename Status>
  void ArriveAtShop(std::deque<Status>& reports) {
    size_t at;
    const Status report = Draw(reports, &at);
    constexpr bool kIsPayment = std::is_same_v<Status, PaymentStatus>;
    const int64_t last =
        kIsPayment ? order_.status.order.payment_revision : order_.status.order.delivery_revision;
    const SequenceVerdict verdict = CheckSequence(last, report.revision);
    if (verdict == SequenceVerdict::kNotYet) return;
    Acknowledge(reports, at);
    if (verdict == SequenceVerdict::kAlreadyApplied) return;
    if constexpr (kIsPayment) {
      Take(shopping::OnPaymentReport(order_, report, now_));
    } else {
      Take(shopping::OnDeliveryReport(order_, report, now_));
    }
  }

  void GatewayActs() {
    const size_t at = static_cast<size_t>(Pick(0, static_cast<int>(gateway_.size()) - 1));
    const int32_t number = gateway_[at];
    const PaymentTransaction* transaction = payment::FindTransaction(*payment_, number);
    const payment::GatewayRequest request{
        transaction->reference, transaction->type, {"USD", transaction->amount}, payment_method_};
    const payment::GatewayAnswer answer = transaction->state == TransactionState::kUnknown
                                              ? sandbox_gateway_.Ask(request)
                                              : sandbox_gateway_.Submit(request);
    payment::Outcome outcome;
    if (answer.verdict == payment::GatewayAnswer::kSucceeded) {
      outcome.state = TransactionState::kSucceeded;
    } else if (answer.verdict == payment::GatewayAnswer::kFailed) {
      outcome = {TransactionState::kFailed, answer.reason};
    }
    if (outcome.state != TransactionState::kUnknown) {
      gateway_.erase(gateway_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    auto change = payment::RecordOutcome(*payment_, number, outcome, now_);
    if (change) Take(*std::move(change));
  }

  void CarrierActs() {
    const size_t at = static_cast<size_t>(Pick(0, static_cast<int>(carrier_.size()) - 1));
    const std::string shipment_id = carrier_[at];
    std::optional<delivery::Change> change;
    bool again = false;
    if (shipment_id.empty()) {
      const delivery::BookingAnswer answer = sandbox_carrier_.Book(*delivery_);
      change = delivery::RecordBooking(*delivery_, answer.accepted, answer.reason, now_);
    } else {
      const Shipment* shipment = delivery::FindShipment(*delivery_, shipment_id);
      change = delivery::RecordProgress(*delivery_, shipment_id,
                                        sandbox_carrier_.Follow(*delivery_, *shipment), now_);
      again = change && !delivery::HasEnded(*delivery::FindShipment(change->delivery, shipment_id));
    }
    if (!again) carrier_.erase(carrier_.begin() + static_cast<std::ptrdiff_t>(at));
    if (change) Take(*std::move(change));
  }

  std::minstd_rand random_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  const std::string payment_method_;
  bool placed_ = false;
  shopping::Order order_;
  std::optional<payment::Payment> payment_;
  std::optional<delivery::Delivery> delivery_;
  std::map<std::string, int64_t> stock_;
  std::deque<PaymentInstruction> to_payment_;
  std::deque<DeliveryInstruction> to_delivery_;
  std::deque<PaymentStatus> payment_reports_;
  std::deque<DeliveryStatus> delivery_reports_;
  std::deque<int32_t> gateway_;
  std::deque<std::string> carrier_;
  payment::SandboxGateway sandbox_gateway_;
  delivery::SandboxCarrier sandbox_carrier_;
  std::vector<std::string> refused_;
};

}  // namespace tallystick::testing
