// Whole trades driven through the real domains, with messages that are delayed, repeated and
// delivered in any order between the servers: what property tests run.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "platform/trade/sequence.h"
#include "services/delivery/domain/instruction_rules.h"
#include "services/delivery/workflow/sandbox_carrier.h"
#include "services/payment/domain/instruction_rules.h"
#include "services/payment/workflow/gateway_rules.h"
#include "services/payment/workflow/sandbox_gateway.h"
#include "services/shopping/domain/order_draft.h"
#include "services/shopping/domain/order_requests.h"
#include "services/shopping/domain/report_rules.h"
#include "tests/support/events.h"

namespace tallystick::testing {

struct HistoryOptions {
  uint32_t seed = 0;
  std::string payment_method = "pm_sandbox_ok";
  std::string address_marker;
  Terms terms = Terms::kPrepaid;
  bool lively = false;  // the buyer cancels and returns, people record by hand, the carrier divides
  // Each service has two replicas, whose clocks differ from each other's, from those of the others
  // and from the buyer's by up to this much.
  absl::Duration clocks_apart;
};

// All that the three services would answer at a moment.
struct Moment {
  absl::Time time;
  TradingStatus order;
  std::optional<PaymentStatus> payment;
  std::optional<DeliveryStatus> delivery;
};

// One trade in three domains. Not a model: every step calls the code that the servers run.
class History {
 public:
  History(uint32_t seed, std::string payment_method, std::string address_marker)
      : History(HistoryOptions{seed, std::move(payment_method), std::move(address_marker)}) {}

  explicit History(HistoryOptions options) : random_(options.seed), options_(std::move(options)) {
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
    draft.ship_to.lines = {"Alice",
                           options_.address_marker.empty() ? "Street 1" : options_.address_marker};
    draft.delivery_option = "standard";
    draft.terms = options_.terms;
    draft.payment_method = options_.payment_method;
    const Uuid id = TradingIdFor(std::string(32, 'k'), draft.buyer, draft.request_id);
    for (auto& service : clocks_) {
      for (absl::Duration& clock : service) {
        clock = options_.clocks_apart * Pick(-500, 500) / 1000;
      }
    }
    const absl::Time now = Clock(kShop);
    auto contents = shopping::PriceAndTake(draft, id, catalogue, now);
    for (const auto& [sku, product] : catalogue.products) stock_[sku] = product.stock;
    placed_ = contents.ok();
    if (!placed_) return;
    Take(shopping::Accept(*std::move(contents), draft.buyer, "", options_.payment_method, {}, now));
    Remember();
  }

  // Any terms, payment method, address and liveliness, as the seed says.
  static History Random(uint32_t seed, absl::Duration clocks_apart = absl::ZeroDuration()) {
    std::minstd_rand random(seed * 7919 + 1);
    const auto pick = [&](const std::vector<std::string>& choices) {
      return choices[random() % choices.size()];
    };
    HistoryOptions options{seed};
    options.payment_method =
        pick({"pm_sandbox_ok", "pm_sandbox_ok", "pm_sandbox_ok", "pm_sandbox_timeout",
              "pm_sandbox_declined", "pm_sandbox_insufficient_funds", "pm_sandbox_capture_fails"});
    options.address_marker = pick({"", "", "", "SANDBOX-SPLIT", "SANDBOX-SPLIT", "SANDBOX-REFUSE",
                                   "SANDBOX-LOSE", "SANDBOX-KEEP"});
    options.terms = AllTerms()[random() % AllTerms().size()].terms;
    options.lively = random() % 4 != 0;
    options.clocks_apart = clocks_apart;
    return History(options);
  }

  // One random step: a message arrives (perhaps again), the gateway or carrier acts, a person
  // does something, a planned date comes. False when nothing is left to do.
  bool Step() {
    now_ += absl::Milliseconds(Pick(1, 2000));
    if (options_.lively && ++steps_ < kLivelySteps && Pick(1, 8) == 1) {
      SomebodyActs();
      Remember();
      return true;
    }
    std::vector<int> possible;
    if (!to_payment_.empty()) possible.push_back(0);
    if (!to_delivery_.empty()) possible.push_back(1);
    if (!payment_reports_.empty()) possible.push_back(2);
    if (!delivery_reports_.empty()) possible.push_back(3);
    if (!gateway_.empty()) possible.push_back(4);
    if (!carrier_.empty()) possible.push_back(5);
    if (possible.empty()) {
      if (planned_.empty()) return false;
      PlannedDateComes();
    } else {
      switch (possible[Pick(0, static_cast<int>(possible.size()) - 1)]) {
        case 0: ArriveAtPayment(); break;
        case 1: ArriveAtDelivery(); break;
        case 2: ArriveAtShop(payment_reports_); break;
        case 3: ArriveAtShop(delivery_reports_); break;
        case 4: GatewayActs(); break;
        default: CarrierActs(); break;
      }
    }
    Remember();
    return true;
  }

  // Delivers every message that is under way, while nobody else does anything: then all three have
  // heard of each other.
  void DeliverAll() {
    while (!to_payment_.empty() || !to_delivery_.empty() || !payment_reports_.empty() ||
           !delivery_reports_.empty()) {
      now_ += absl::Milliseconds(Pick(1, 200));
      if (!to_payment_.empty()) ArriveAtPayment();
      if (!to_delivery_.empty()) ArriveAtDelivery();
      if (!payment_reports_.empty()) ArriveAtShop(payment_reports_);
      if (!delivery_reports_.empty()) ArriveAtShop(delivery_reports_);
      Remember();
    }
  }

  // The three services' clocks; which replica is asked is left to chance.
  enum Service { kShop, kPayment, kDelivery };
  absl::Time Clock(Service service) {
    if (options_.clocks_apart == absl::ZeroDuration()) return now_;
    return now_ + clocks_[service][Pick(0, 1)];
  }

  // What each service was at a revision; null when it was never so.
  const TradingStatus* OrderAt(int64_t revision) const {
    const auto found = orders_.find(revision);
    return found == orders_.end() ? nullptr : &moments_[found->second].order;
  }
  const PaymentStatus* PaymentAt(int64_t revision) const {
    const auto found = payments_.find(revision);
    return found == payments_.end() ? nullptr : &*moments_[found->second].payment;
  }
  const DeliveryStatus* DeliveryAt(int64_t revision) const {
    const auto found = deliveries_.find(revision);
    return found == deliveries_.end() ? nullptr : &*moments_[found->second].delivery;
  }

  bool placed() const { return placed_; }
  absl::Time now() const { return now_; }
  const HistoryOptions& options() const { return options_; }
  const shopping::Order& order() const { return order_; }
  const std::optional<payment::Payment>& payment() const { return payment_; }
  const std::optional<delivery::Delivery>& delivery() const { return delivery_; }
  const std::vector<Moment>& moments() const { return moments_; }
  const std::vector<Event>& events() const { return events_; }
  // All instructions that the shop has given, by their numbers: the first is number 1.
  const std::vector<PaymentInstruction>& told_payment() const { return told_payment_; }
  const std::vector<DeliveryInstruction>& told_delivery() const { return told_delivery_; }
  int64_t stock(const std::string& sku) const { return stock_.at(sku); }
  // Messages that a receiver's domain refused; none in a lawful history.
  const std::vector<std::string>& refused() const { return refused_; }
  int Pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  static constexpr int64_t kStock = 1000;

 private:
  static constexpr int kLivelySteps = 150;

  void Remember() {
    moments_.push_back({now_, order_.status, std::nullopt, std::nullopt});
    if (payment_) moments_.back().payment = payment_->status;
    if (delivery_) moments_.back().delivery = delivery_->status;
    const size_t at = moments_.size() - 1;
    orders_.emplace(order_.status.order.revision, at);
    if (payment_) payments_.emplace(payment_->status.revision, at);
    if (delivery_) deliveries_.emplace(delivery_->status.revision, at);
  }

  void Take(shopping::Change change) {
    order_ = std::move(change.order);
    told_payment_.insert(told_payment_.end(), change.payment.begin(), change.payment.end());
    told_delivery_.insert(told_delivery_.end(), change.delivery.begin(), change.delivery.end());
    for (auto& message : change.payment) to_payment_.push_back(std::move(message));
    for (auto& message : change.delivery) to_delivery_.push_back(std::move(message));
    for (const GoodsQuantity& goods : change.stock_back) stock_[goods.sku] += goods.quantity;
  }
  void Take(payment::Change change) {
    payment_ = std::move(change.payment);
    payment_reports_.push_back(payment_->status);
    for (const int32_t number : change.to_submit) gateway_.push_back(number);
    for (const PlannedCapture& planned : change.to_schedule) {
      planned_.emplace(planned.scheduled_time, planned.number);
    }
  }
  void Take(delivery::Change change) {
    delivery_ = std::move(change.delivery);
    delivery_reports_.push_back(delivery_->status);
    if (change.book) carrier_.push_back("");
    for (const std::string& shipment : change.to_follow) carrier_.push_back(shipment);
    for (const std::string& goods_return : change.to_collect) carrier_.push_back(goods_return);
  }
  // What a person's request gave: a change, nothing, or a refusal that harms nobody.
  template <typename Change>
  void TakeIfAny(absl::StatusOr<std::optional<Change>> change, absl::Time time, What what) {
    if (!change.ok() || !change->has_value()) return;
    Take(**std::move(change));
    events_.push_back({time, std::move(what)});
  }
  template <typename Change>
  void TakeIfAny(std::optional<Change> change, absl::Time time, What what) {
    TakeIfAny(absl::StatusOr<std::optional<Change>>(std::move(change)), time, std::move(what));
  }

  void SomebodyActs() {
    switch (Pick(0, 9)) {
      case 0: {
        if (Pick(0, 2) > 0) break;
        const shopping::CancelRequest request{NewUuidV7(now_), "changed my mind"};
        for (int i = 0; i < 2; ++i) {
          const absl::Time time = Clock(kShop);
          TakeIfAny(shopping::Cancel(order_, request, time), time, request);
        }
        break;
      }
      case 1:
      case 2:
      case 3:
      case 8:
      case 9: {
        shopping::ReturnRequest request{NewUuidV7(now_), {}, "does not fit"};
        for (const OrderLineStatus& line : order_.status.order.lines) {
          const int64_t most = line.delivered - line.return_requested - line.returned;
          if (most > 0 && Pick(0, 1) == 1) {
            request.lines.push_back({line.sku, Pick(1, static_cast<int>(most))});
          }
        }
        if (request.lines.empty()) break;
        for (int i = 0; i < 2; ++i) {
          const absl::Time time = Clock(kShop);
          TakeIfAny(shopping::ReturnGoods(order_, request, time), time, request);
        }
        break;
      }
      case 4: DispatchSome(); break;
      case 5:
        if (delivery_) {
          const auto& shipments = delivery_->status.shipments;
          const Shipment& shipment = shipments[Pick(0, static_cast<int>(shipments.size()) - 1)];
          const auto state = Pick(0, 3) == 0 ? ShipmentState::kFailed : ShipmentState::kDelivered;
          const delivery::Progress progress{state, "Van", "1", "damaged"};
          const CarrierProgress event{shipment.shipment_id, progress};
          const absl::Time time = Clock(kDelivery);
          TakeIfAny(delivery::RecordByHand(*delivery_, shipment.shipment_id, progress, time), time,
                    event);
        }
        break;
      default:
        if (payment_) {
          const int last = static_cast<int>(payment_->status.transactions.size());
          const int number = Pick(1, last);
          const absl::Time time = Clock(kPayment);
          if (Pick(0, 1) == 0) {
            TakeIfAny(payment::Retry(*payment_, number, time), time, PaymentRetries{number});
          } else if (payment::FindTransaction(*payment_, number)->state ==
                     TransactionState::kUnknown) {
            const payment::Outcome outcome{TransactionState::kSucceeded, ""};
            TakeIfAny(payment::RecordByHand(*payment_, number, {}, outcome, time), time,
                      GatewayAnswers{number, outcome});
          }
        }
    }
  }

  void DispatchSome() {
    if (!delivery_) return;
    for (const Shipment& shipment : delivery_->status.shipments) {
      if (shipment.state != ShipmentState::kPreparing) continue;
      delivery::Dispatch dispatch{NewUuidV7(now_), shipment.shipment_id, {}, "Van", "2"};
      for (const GoodsQuantity& goods : shipment.lines) {
        const int some = Pick(0, static_cast<int>(goods.quantity));
        if (some > 0) dispatch.lines.push_back({goods.sku, some});
      }
      const absl::Time time = Clock(kDelivery);
      TakeIfAny(delivery::RecordDispatch(*delivery_, dispatch, time), time, dispatch);
      return;
    }
  }

  void PlannedDateComes() {
    const auto [time, number] = *planned_.begin();
    planned_.erase(planned_.begin());
    now_ = std::max(now_, time + absl::Milliseconds(Pick(0, 1000)));
    const absl::Time at = Clock(kPayment);
    TakeIfAny(payment::BeginPlanned(*payment_, number, at), at, PlannedBegins{number});
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

  // A message out of `queue`, as `read` gives it, arrives at the service, which does what its rules
  // say; nullopt when that is nothing.
  template <SequenceRules Rules, typename Message, typename Read>
  std::optional<typename Rules::Change> Arrive(std::deque<Message>& queue,
                                               const typename Rules::Aggregate* aggregate,
                                               Service service, Read read) {
    size_t at;
    const typename Rules::Message message = read(Draw(queue, &at));
    const SequenceVerdict verdict =
        CheckSequence(Rules::LastApplied(aggregate, message), Rules::Number(message));
    if (verdict == SequenceVerdict::kNotYet) return std::nullopt;
    Acknowledge(queue, at);
    if (verdict == SequenceVerdict::kAlreadyApplied) return std::nullopt;
    const absl::Time time = Clock(service);
    events_.push_back({time, EventOf(message)});
    auto applied = ApplyOne<Rules>(aggregate, message, time);
    if (applied.answer.outcome == ApplyOutcome::kRefused) {
      refused_.push_back(Rules::Subject(message) + ": " + applied.answer.reason);
    }
    return std::move(applied.change);
  }

  static What EventOf(const PaymentInstruction& message) { return PaymentIsTold{message.sequence}; }
  static What EventOf(const DeliveryInstruction& message) {
    return DeliveryIsTold{message.sequence};
  }
  static What EventOf(const StatusReport& report) {
    return ShopHears{report.payment() != nullptr, shopping::ReportRules::Number(report)};
  }

  void ArriveAtPayment() {
    auto change = Arrive<payment::InstructionRules>(to_payment_, payment_ ? &*payment_ : nullptr,
                                                    kPayment, [](auto message) { return message; });
    if (change) Take(*std::move(change));
  }

  void ArriveAtDelivery() {
    auto change =
        Arrive<delivery::InstructionRules>(to_delivery_, delivery_ ? &*delivery_ : nullptr,
                                           kDelivery, [](auto message) { return message; });
    if (change) Take(*std::move(change));
  }

  template <typename Status>
  void ArriveAtShop(std::deque<Status>& reports) {
    auto change = Arrive<shopping::ReportRules>(reports, &order_, kShop, [](const Status& status) {
      return StatusReport{status.trading_id, status};
    });
    if (change) Take(*std::move(change));
  }

  void GatewayActs() {
    const size_t at = static_cast<size_t>(Pick(0, static_cast<int>(gateway_.size()) - 1));
    const int32_t number = gateway_[at];
    const std::optional<payment::GatewayRequest> request = payment::RequestFor(*payment_, number);
    if (!request) {
      gateway_.erase(gateway_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    const bool is_unknown =
        payment::FindTransaction(*payment_, number)->state == TransactionState::kUnknown;
    const payment::Outcome outcome =
        payment::ToOutcome(payment::AskGateway(sandbox_gateway_, *request, is_unknown));
    if (outcome.state != TransactionState::kUnknown) {
      gateway_.erase(gateway_.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const absl::Time time = Clock(kPayment);
    TakeIfAny(payment::RecordOutcome(*payment_, number, outcome, time), time,
              GatewayAnswers{number, outcome});
  }

  void CarrierActs() {
    const size_t at = static_cast<size_t>(Pick(0, static_cast<int>(carrier_.size()) - 1));
    const std::string id = carrier_[at];
    const absl::Time time = Clock(kDelivery);
    bool again = false;
    if (id.empty()) {
      const delivery::Booking booking = *sandbox_carrier_.Book(*delivery_);
      TakeIfAny(delivery::RecordBooking(*delivery_, booking, time), time, booking);
    } else if (const Return* goods_return = delivery::FindReturn(*delivery_, id)) {
      const auto progress = *sandbox_carrier_.FollowReturn(*delivery_, *goods_return);
      auto change = delivery::RecordReturn(*delivery_, id, progress, time);
      again = change && IsUnderWay(*delivery::FindReturn(change->delivery, id));
      TakeIfAny(std::move(change), time, ReturnProgresses{id, progress});
    } else {
      const Shipment* shipment = delivery::FindShipment(*delivery_, id);
      const auto progress = *sandbox_carrier_.Follow(*delivery_, *shipment);
      auto change = delivery::RecordProgress(*delivery_, id, progress, time);
      again = change && !HasEnded(*delivery::FindShipment(change->delivery, id));
      TakeIfAny(std::move(change), time, CarrierProgress{id, progress});
    }
    if (!again) carrier_.erase(carrier_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  std::minstd_rand random_;
  HistoryOptions options_;
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
  int steps_ = 0;
  bool placed_ = false;
  shopping::Order order_;
  std::optional<payment::Payment> payment_;
  std::optional<delivery::Delivery> delivery_;
  std::vector<Moment> moments_;
  std::vector<Event> events_;
  std::vector<PaymentInstruction> told_payment_;
  std::vector<DeliveryInstruction> told_delivery_;
  std::map<int64_t, size_t> orders_;  // by revision: the first moment of each
  std::map<int64_t, size_t> payments_;
  std::map<int64_t, size_t> deliveries_;
  absl::Duration clocks_[3][2];
  std::map<std::string, int64_t> stock_;
  std::deque<PaymentInstruction> to_payment_;
  std::deque<DeliveryInstruction> to_delivery_;
  std::deque<PaymentStatus> payment_reports_;
  std::deque<DeliveryStatus> delivery_reports_;
  std::deque<int32_t> gateway_;
  std::deque<std::string> carrier_;  // "" is the booking, else a shipment or return
  std::multimap<absl::Time, int64_t> planned_;
  payment::SandboxGateway sandbox_gateway_;
  delivery::SandboxCarrier sandbox_carrier_;
  std::vector<std::string> refused_;
};

}  // namespace tallystick::testing
