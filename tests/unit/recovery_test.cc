// The pure rules by which servers meet again when a database has lost something.
#include "platform/trade/sequence.h"
#include "services/delivery/domain/take_back.h"
#include "services/payment/domain/take_back.h"
#include "services/shopping/domain/asked_again.h"
#include "services/shopping/domain/lost_request.h"
#include "services/shopping/domain/report_rules.h"
#include "services/shopping/domain/shown.h"
#include "services/shopping/store/keepsake.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

const absl::Time kThen = absl::FromUnixMillis(1'700'000'000'000);
const absl::Time kLater = kThen + absl::Minutes(5);
const Uuid kTrade = *ParseUuid("0198c5a0-7b1e-8d3f-9c41-5d2e6f7a8b90");

OrderContents Contents() {
  OrderContents contents;
  contents.trading_id = kTrade;
  contents.buyer_reference = "PO-7";
  contents.currency = "USD";
  contents.terms = Terms::kNet30;
  contents.ship_to.lines = {"Ann Example", "Street 1"};
  contents.delivery_option = "standard";
  contents.order_time = kThen;
  contents.promised_delivery_time = kThen + absl::Hours(120);
  contents.lines = {{"A", "Product A", 3, 1000, 700, 3000, 210}};
  contents.goods_total = 3000;
  contents.tax_total = 210;
  contents.delivery_fee = 490;
  contents.total = 3700;
  return contents;
}

shopping::Change Accepted() {
  return shopping::Accept(Contents(), "alice", "fingerprint", "pm_1", {}, kThen);
}

TEST_CASE("recovery: a keepsake opens to the order that was accepted, and to nothing else") {
  const shopping::Order order = Accepted().order;
  const std::string key(32, 'k');
  const std::string sealed = shopping::SealKeepsake(order, key);
  REQUIRE(sealed == shopping::SealKeepsake(order, key));
  REQUIRE(sealed.find("Ann Example") == std::string::npos);
  const auto opened = shopping::OpenKeepsake(sealed, kTrade, key);
  REQUIRE(opened.ok());
  shopping::Order expected = order;
  std::get<AuthorizePayment>(expected.unheard_payment[0].what).payment_method = "";
  REQUIRE(opened->order == expected);

  REQUIRE(absl::IsDataLoss(shopping::OpenKeepsake(sealed, kTrade, std::string(32, 'x')).status()));
  REQUIRE(absl::IsDataLoss(shopping::OpenKeepsake(sealed, Uuid{}, key).status()));
  REQUIRE(absl::IsDataLoss(shopping::OpenKeepsake("", kTrade, key).status()));
  for (size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    REQUIRE(absl::IsDataLoss(shopping::OpenKeepsake(changed, kTrade, key).status()));
  }
}

// An order that has heard of payment's revision 2.
struct Heard {
  Heard() : order(Accepted().order) {
    payment.trading_id = kTrade;
    payment.revision = 2;
    payment.update_time = kThen;
    payment.contents_digest = order.status.order.contents_digest;
    payment.instructions_applied = 1;
    order.status.payment = payment;
    order.status.order.payment_revision = 2;
  }
  // The report of revision `number`, made to revision `previous` of `time`.
  StatusReport Report(int64_t number, int64_t previous, absl::Time time) const {
    StatusReport report{kTrade, payment, RevisionMark{previous, time}};
    std::get<PaymentStatus>(report.status).revision = number;
    std::get<PaymentStatus>(report.status).update_time = kLater;
    return report;
  }
  ApplyOutcome Outcome(const StatusReport& report, bool* out_of_step = nullptr) const {
    const auto applied = ApplyOne<shopping::ReportRules>(&order, report, kLater);
    if (out_of_step != nullptr) *out_of_step = applied.out_of_step;
    return applied.answer.outcome;
  }

  shopping::Order order;
  PaymentStatus payment;
};

TEST_CASE("recovery: a report is heard if it follows what was heard, whatever its number") {
  const Heard heard;
  bool odd = true;
  REQUIRE(heard.Outcome(heard.Report(3, 2, kThen), &odd) == ApplyOutcome::kApplied);
  REQUIRE(!odd);
  // Taken up where the shop remembered it.
  REQUIRE(heard.Outcome(heard.Report(7, 2, kThen), &odd) == ApplyOutcome::kApplied);
  REQUIRE(!odd);
  // Of another line.
  REQUIRE(heard.Outcome(heard.Report(3, 2, kThen - absl::Seconds(1)), &odd) ==
          ApplyOutcome::kNotYet);
  REQUIRE(odd);
  // It has overtaken one.
  REQUIRE(heard.Outcome(heard.Report(4, 3, kThen), &odd) == ApplyOutcome::kNotYet);
  REQUIRE(odd);
  // Heard before, and with another content.
  REQUIRE(heard.Outcome({kTrade, heard.payment}, &odd) == ApplyOutcome::kAlreadyApplied);
  REQUIRE(!odd);
  REQUIRE(heard.Outcome(heard.Report(2, 1, kThen), &odd) == ApplyOutcome::kAlreadyApplied);
  REQUIRE(odd);
  // From a sender that does not say what it follows, the next number does.
  StatusReport old = heard.Report(3, 2, kThen);
  old.previous.reset();
  REQUIRE(heard.Outcome(old) == ApplyOutcome::kApplied);

  StatusReport untold = heard.Report(3, 2, kThen);
  std::get<PaymentStatus>(untold.status).instructions_applied = 2;
  REQUIRE(heard.Outcome(untold, &odd) == ApplyOutcome::kNotYet);
  REQUIRE(odd);
  StatusReport other = heard.Report(3, 2, kThen);
  std::get<PaymentStatus>(other.status).contents_digest = "another order";
  REQUIRE(heard.Outcome(other, &odd) == ApplyOutcome::kNotYet);
  const auto lost = ApplyOne<shopping::ReportRules>(nullptr, heard.Report(3, 2, kThen), kLater);
  REQUIRE(lost.answer.outcome == ApplyOutcome::kNotYet);
  REQUIRE(lost.out_of_step);
}

TEST_CASE("recovery: the order's revision counts the others', also those that were not heard") {
  const Heard heard;
  const auto before = heard.order.status.order.revision;
  const auto next =
      ApplyOne<shopping::ReportRules>(&heard.order, heard.Report(3, 2, kThen), kLater);
  REQUIRE(next.change->order.status.order.revision == before + 1);
  const auto gap = ApplyOne<shopping::ReportRules>(&heard.order, heard.Report(7, 2, kThen), kLater);
  REQUIRE(gap.change->order.status.order.revision == before + 5);
}

TEST_CASE("recovery: what was told is kept until a report shows it") {
  shopping::Order order = Accepted().order;
  REQUIRE(order.unheard_payment.size() == 1);
  REQUIRE(order.unheard_delivery.size() == 1);
  Heard heard;
  StatusReport report{kTrade, heard.payment};
  std::get<PaymentStatus>(report.status).revision = 1;
  const auto applied = ApplyOne<shopping::ReportRules>(&order, report, kLater);
  REQUIRE(applied.change->order.unheard_payment.empty());
  REQUIRE(applied.change->order.unheard_delivery.size() == 1);
}

payment::Payment Paid(std::vector<PaymentTransaction> transactions, int64_t applied) {
  payment::Payment payment;
  payment.status.trading_id = kTrade;
  payment.status.revision = static_cast<int64_t>(transactions.size()) * 2;
  payment.status.update_time = kThen;
  payment.status.currency = "USD";
  payment.status.due = 1000;
  payment.status.instructions_applied = applied;
  payment.status.transactions = std::move(transactions);
  payment.called = applied > 1 ? 1000 : 0;
  return payment;
}

PaymentTransaction Transaction(int32_t number, TransactionType type, TransactionState state,
                               int64_t amount = 1000) {
  return {number, type, state, amount, kTrade.ToString() + "-" + std::to_string(number)};
}

constexpr auto kAuthorize = TransactionType::kAuthorize;
constexpr auto kCapture = TransactionType::kCapture;
constexpr auto kPending = TransactionState::kPending;
constexpr auto kSucceeded = TransactionState::kSucceeded;
constexpr auto kFailed = TransactionState::kFailed;

TEST_CASE("recovery: a payment that was lost is what the shop remembers, and open ends are work") {
  const payment::Payment remembered =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kPending)}, 2);
  const auto change = payment::TakeBack(nullptr, remembered, kLater);
  REQUIRE(change.ok());
  REQUIRE(change->to_submit == std::vector<int32_t>{2});
  REQUIRE(change->payment.status.revision == remembered.status.revision + 1);
  REQUIRE(change->payment.status.transactions == remembered.status.transactions);
  REQUIRE(change->payment.taken_back.remembered == MarkOf(remembered.status));
  REQUIRE(change->payment.taken_back.revision == change->payment.status.revision);
}

TEST_CASE("recovery: an end that one of payment and the shop knows is the end") {
  const auto open =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kPending)}, 2);
  const auto ended =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kSucceeded)}, 2);
  const auto older = Paid({Transaction(1, kAuthorize, kPending)}, 1);
  for (const auto& [mine, remembered] : {std::pair(open, ended), std::pair(ended, open),
                                         std::pair(older, ended), std::pair(ended, older)}) {
    const auto change = payment::TakeBack(&mine, remembered, kLater);
    REQUIRE(change.ok());
    REQUIRE(change->payment.status.captured == 1000);
    REQUIRE(change->payment.status.state == PaymentState::kCaptured);
    REQUIRE(change->payment.status.instructions_applied == 2);
    REQUIRE(change->to_submit.empty());
    REQUIRE(change->payment.status.revision >
            std::max(mine.status.revision, remembered.status.revision));
  }
}

TEST_CASE("recovery: payment and the shop contradict each other, and a person decides") {
  const auto mine =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kSucceeded)}, 2);
  const auto failed =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kFailed)}, 2);
  const auto other_type = Paid(
      {Transaction(1, kAuthorize, kSucceeded), Transaction(2, TransactionType::kVoid, kSucceeded)},
      2);
  const auto other_amount =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kSucceeded, 999)}, 2);
  // One has heard more of the shop, and the other has begun what it does not know.
  auto heard_more = Paid({Transaction(1, kAuthorize, kSucceeded)}, 3);
  auto other_order = mine;
  other_order.status.contents_digest = "another";
  for (const auto& remembered : {failed, other_type, other_amount, heard_more, other_order}) {
    REQUIRE(absl::IsFailedPrecondition(payment::TakeBack(&mine, remembered, kLater).status()));
    REQUIRE(absl::IsFailedPrecondition(payment::TakeBack(&remembered, mine, kLater).status()));
  }
}

delivery::Delivery Delivered(ShipmentState state, int64_t applied, BookingState booking) {
  delivery::Delivery delivery;
  delivery.status.trading_id = kTrade;
  delivery.status.revision = static_cast<int64_t>(state) + 1;
  delivery.status.update_time = kThen;
  delivery.status.booking = booking;
  delivery.status.instructions_applied = applied;
  delivery.status.lines = {{"A", 3}};
  Shipment shipment{"1", state, {{"A", 3}}};
  if (state == ShipmentState::kInTransit || state == ShipmentState::kDelivered) {
    shipment.dispatch_time = kThen;
  }
  delivery.status.shipments = {shipment};
  return delivery;
}

constexpr auto kYes = BookingState::kAccepted;

TEST_CASE("recovery: who has seen a shipment or return further is right") {
  auto delivered = Delivered(ShipmentState::kDelivered, 3, kYes);
  delivered.status.returns = {{"R1", ReturnState::kCollecting, {{"A", 1}}}};
  const auto preparing = Delivered(ShipmentState::kPreparing, 2, kYes);
  const auto booked = Delivered(ShipmentState::kScheduled, 1, BookingState::kPending);
  for (const auto& [mine, remembered] :
       {std::pair(delivered, preparing), std::pair(preparing, delivered),
        std::pair(booked, delivered), std::pair(delivered, booked)}) {
    const auto change = delivery::TakeBack(&mine, remembered, kLater);
    REQUIRE(change.ok());
    const DeliveryStatus& status = change->delivery.status;
    REQUIRE(status.shipments[0].state == ShipmentState::kDelivered);
    REQUIRE(status.booking == kYes);
    REQUIRE(status.instructions_applied == 3);
    REQUIRE(status.lines[0].delivered == 3);
    REQUIRE(change->to_follow.empty());
    REQUIRE(change->to_collect == std::vector<std::string>{"R1"});
    REQUIRE(!change->book);
  }
  const auto lost = delivery::TakeBack(nullptr, preparing, kLater);
  REQUIRE(lost->to_follow == std::vector<std::string>{"1"});
  REQUIRE(delivery::TakeBack(nullptr, booked, kLater)->book);
}

TEST_CASE("recovery: why delivery refused is known to one of delivery and the shop, and told on") {
  auto refused = Delivered(ShipmentState::kCanceled, 1, BookingState::kRefused);
  refused.status.reason = "no room";
  for (const int64_t applied : {1, 2}) {
    const auto booked = Delivered(ShipmentState::kScheduled, applied, BookingState::kPending);
    for (const auto& [mine, remembered] :
         {std::pair(refused, booked), std::pair(booked, refused)}) {
      const auto change = delivery::TakeBack(&mine, remembered, kLater);
      REQUIRE(change->delivery.status.booking == BookingState::kRefused);
      REQUIRE(change->delivery.status.reason == "no room");
    }
  }
}

TEST_CASE(
    "recovery: goods that left and were canceled, or were lost and arrived, are for a person") {
  const auto canceled = Delivered(ShipmentState::kCanceled, 4, kYes);
  const auto left = Delivered(ShipmentState::kInTransit, 2, kYes);
  const auto arrived = Delivered(ShipmentState::kDelivered, 2, kYes);
  const auto failed = Delivered(ShipmentState::kFailed, 2, kYes);
  const auto refused = Delivered(ShipmentState::kCanceled, 1, BookingState::kRefused);
  auto divided = Delivered(ShipmentState::kInTransit, 2, kYes);
  divided.status.shipments.push_back(divided.status.shipments[0]);
  divided.status.shipments[0].lines = {{"A", 1}};
  divided.status.shipments[1].lines = {{"A", 2}};
  divided.status.shipments[1].shipment_id = "2";
  for (const auto& [mine, remembered] : {std::pair(canceled, left), std::pair(arrived, failed),
                                         std::pair(refused, arrived), std::pair(divided, left)}) {
    REQUIRE(absl::IsFailedPrecondition(delivery::TakeBack(&mine, remembered, kLater).status()));
    REQUIRE(absl::IsFailedPrecondition(delivery::TakeBack(&remembered, mine, kLater).status()));
  }
  // Before anything had left it was one shipment.
  const auto whole = Delivered(ShipmentState::kPreparing, 2, kYes);
  REQUIRE(delivery::TakeBack(&whole, divided, kLater)->delivery.status.shipments.size() == 2);
  REQUIRE(delivery::TakeBack(&divided, whole, kLater)->delivery.status.shipments.size() == 2);
}

TEST_CASE("recovery: what delivery decided about a state that it had lost is told once more") {
  // What had left was canceled, and what had arrived was not to be collected.
  auto canceled = Delivered(ShipmentState::kCanceled, 3, kYes);
  canceled.status.reason = kCanceledByBuyer;
  const auto left = Delivered(ShipmentState::kInTransit, 2, kYes);
  auto refusing = Delivered(ShipmentState::kPreparing, 3, kYes);
  refusing.refused = {{3, "more is to be collected than was delivered"}};
  const auto arrived = Delivered(ShipmentState::kDelivered, 2, kYes);
  for (const auto& [mine, remembered] : {std::pair(canceled, left), std::pair(refusing, arrived)}) {
    const auto change = delivery::TakeBack(&mine, remembered, kLater);
    REQUIRE(change.ok());
    const delivery::Delivery& delivery = change->delivery;
    REQUIRE(delivery.status.shipments[0].state == remembered.status.shipments[0].state);
    REQUIRE(delivery.status.instructions_applied == 2);
    REQUIRE(delivery.status.reason.empty());
    REQUIRE(delivery.refused.empty());
  }
}

TEST_CASE("recovery: a request that went under a used number is withdrawn, and asked again") {
  shopping::Order accepted = Accepted().order;
  accepted.unheard_delivery.clear();  // BOOK was heard
  const auto canceled = *shopping::Cancel(accepted, {kTrade, "too dear"}, kLater);
  const auto withdrawn = shopping::WithdrawLast(canceled->order, kLater);
  accepted.status.order.update_time = kLater;
  REQUIRE(withdrawn->change.order == accepted);
  const auto& cancel = std::get<shopping::CancelRequest>(withdrawn->request);
  REQUIRE(cancel.request_id == kTrade);
  REQUIRE(cancel.reason == "too dear");
  REQUIRE(!shopping::WithdrawLast(accepted, kLater));

  // What had been heard meanwhile is decided now.
  shopping::Order heard = canceled->order;
  heard.status.delivery = Delivered(ShipmentState::kScheduled, 1, kYes).status;
  heard.status.payment.emplace().authorized = 3700;
  heard.status.payment->transactions = {{1, TransactionType::kAuthorize}};
  heard.status.payment->transactions[0].state = TransactionState::kSucceeded;
  const auto confirmed = shopping::WithdrawLast(heard, kLater);
  REQUIRE(confirmed->change.order.status.order.state == OrderState::kConfirmed);
  REQUIRE(confirmed->change.delivery.size() == 1);

  shopping::Order arrived = accepted;
  arrived.status.order.state = OrderState::kConfirmed;
  arrived.status.order.lines[0].delivered = 3;
  arrived.status.delivery = Delivered(ShipmentState::kDelivered, 2, kYes).status;
  arrived.status.delivery->shipments[0].schedule.completed = kThen;
  arrived.policy.return_period = absl::Hours(24);
  const shopping::ReturnRequest goods{kTrade, {{"A", 2}}, "too small"};
  const auto returned = *shopping::ReturnGoods(arrived, goods, kLater);
  const auto back = shopping::WithdrawLast(returned->order, kLater);
  REQUIRE(back->change.order.status.order.returns.empty());
  REQUIRE(back->change.order.status.order.lines[0].return_requested == 0);
  REQUIRE(std::get<shopping::ReturnRequest>(back->request).lines == goods.lines);
  // It is another one than that which was lost.
  shopping::Order with_lost = back->change.order;
  with_lost.status.order.returns = {{"R1", ReturnState::kRequested, {{"A", 1}}}};
  with_lost.status.order.lines[0].return_requested = 1;
  with_lost.return_reductions = {0};
  const auto again = *shopping::AskAgain(with_lost, back->request, kLater);
  REQUIRE(again->order.status.order.returns.back().return_id == "R2");
}

TEST_CASE("recovery: a return or a cancellation that the shop has lost is read from delivery") {
  shopping::Order order = Accepted().order;
  order.status.order.state = OrderState::kConfirmed;
  const int64_t told = order.status.order.delivery_instructions;
  const int64_t revision = order.status.order.revision;
  DeliveryStatus delivery = Delivered(ShipmentState::kDelivered, told + 1, kYes).status;
  REQUIRE(!shopping::WithLostRequest(order, delivery));

  delivery.returns = {{"R1", ReturnState::kReceived, {{"A", 1}}, "too small"}};
  const auto returned = shopping::WithLostRequest(order, delivery);
  REQUIRE(returned->status.order.returns.size() == 1);
  REQUIRE(returned->status.order.returns[0].state == ReturnState::kRequested);
  REQUIRE(returned->status.order.lines[0].return_requested == 1);
  REQUIRE(returned->return_reductions.size() == 1);
  REQUIRE(returned->status.order.delivery_instructions == told + 1);
  REQUIRE(returned->status.order.revision == revision + 1);
  REQUIRE(!shopping::WithLostRequest(*returned, delivery));

  DeliveryStatus canceled = Delivered(ShipmentState::kCanceled, told + 1, kYes).status;
  canceled.reason = kCanceledByBuyer;
  const auto pending = shopping::WithLostRequest(order, canceled);
  REQUIRE(pending->status.order.state == OrderState::kCancelPending);
  REQUIRE(pending->status.order.reason.empty());
  REQUIRE(pending->status.order.delivery_instructions == told + 1);
  // One that was rejected anyway only counts what delivery was told.
  order.status.order.state = OrderState::kRejected;
  const auto rejected = shopping::WithLostRequest(order, canceled);
  REQUIRE(rejected->status.order.state == OrderState::kRejected);
  REQUIRE(rejected->status.order.delivery_instructions == told + 1);
  REQUIRE(rejected->status.order.revision == revision);

  // One that had come too late ends as it would have at first.
  order.status.order.state = OrderState::kCompleted;
  REQUIRE(shopping::WithLostRequest(order, canceled)->status.order.state ==
          OrderState::kCancelPending);

  // Before payment is heard, after whose decline the shop would cancel under that number.
  order.status.order.state = OrderState::kAccepted;
  REQUIRE(shopping::IsCanceledNext(order, canceled));
  REQUIRE(!shopping::IsCanceledNext(order, delivery));
  canceled.reason = kPaymentDeclined;
  REQUIRE(!shopping::IsCanceledNext(order, canceled));
}

TEST_CASE("recovery: a release that the shop has lost is no request") {
  const shopping::Order accepted = Accepted().order;
  DeliveryStatus delivery = Delivered(ShipmentState::kCanceled, 3, kYes).status;
  delivery.reason = kCanceledByBuyer;
  const auto released = shopping::WithLostRequest(accepted, delivery);
  REQUIRE(released->status.order.state == OrderState::kConfirmed);
  REQUIRE(released->status.order.delivery_instructions == 2);
  REQUIRE(released->status.order.revision == accepted.status.order.revision);
  const auto canceled = shopping::WithLostRequest(*released, delivery);
  REQUIRE(canceled->status.order.state == OrderState::kCancelPending);
  REQUIRE(canceled->status.order.delivery_instructions == 3);
  REQUIRE(canceled->status.order.revision == accepted.status.order.revision + 1);

  // Nothing was asked for.
  delivery = Delivered(ShipmentState::kInTransit, 2, kYes).status;
  REQUIRE(shopping::WithLostRequest(accepted, delivery)->status.order.state ==
          OrderState::kConfirmed);
  delivery = Delivered(ShipmentState::kCanceled, 3, kYes).status;

  // The buyer has asked again meanwhile, under the release's number.
  const auto again = shopping::Cancel(accepted, {kTrade, ""}, kLater);
  const auto counted = shopping::WithLostRequest((*again)->order, delivery);
  REQUIRE(counted->status.order.state == OrderState::kCancelPending);
  REQUIRE(counted->status.order.delivery_instructions == 3);
  REQUIRE(counted->status.order.revision == accepted.status.order.revision + 1);
}

TEST_CASE("recovery: what delivery was told as a whole, it was told of each part") {
  auto divided = Delivered(ShipmentState::kScheduled, 1, kYes);
  divided.status.shipments = {{"1", ShipmentState::kScheduled, {{"A", 1}}},
                              {"2", ShipmentState::kScheduled, {{"A", 2}}}};
  for (const ShipmentState state : {ShipmentState::kPreparing, ShipmentState::kCanceled}) {
    const auto whole = Delivered(state, 2, BookingState::kPending);
    for (const auto& [mine, remembered] : {std::pair(divided, whole), std::pair(whole, divided)}) {
      const auto change = delivery::TakeBack(&mine, remembered, kLater);
      REQUIRE(change.ok());
      REQUIRE(change->delivery.status.shipments.size() == 2);
      for (const Shipment& part : change->delivery.status.shipments) REQUIRE(part.state == state);
    }
  }
  divided.status.shipments[1].state = ShipmentState::kInTransit;
  divided.status.shipments[1].dispatch_time = kThen;
  const auto canceled = Delivered(ShipmentState::kCanceled, 2, kYes);
  REQUIRE(absl::IsFailedPrecondition(delivery::TakeBack(&divided, canceled, kLater).status()));
}

TEST_CASE("recovery: a number that was given again is not taken for what was told under it") {
  shopping::Order order = Accepted().order;
  const auto shows = [&](auto what, ShipmentState state, const std::string& reason = "") {
    order.unheard_delivery = {{kTrade, 2, what}};
    DeliveryStatus delivery = Delivered(state, 2, kYes).status;
    delivery.reason = reason;
    return shopping::ShowsWhatWasTold(order, delivery);
  };
  REQUIRE(shows(ReleaseDelivery{}, ShipmentState::kInTransit));
  REQUIRE(!shows(ReleaseDelivery{}, ShipmentState::kScheduled));
  REQUIRE(shows(CancelDelivery{"mind"}, ShipmentState::kCanceled, "mind"));
  REQUIRE(!shows(CancelDelivery{"mind"}, ShipmentState::kCanceled, "other"));
  REQUIRE(!shows(CancelDelivery{"mind"}, ShipmentState::kPreparing));
  REQUIRE(!shows(CollectReturn{"R1", {{"A", 1}}, ""}, ShipmentState::kDelivered));
  // It is applied later.
  order.unheard_delivery[0].sequence = 3;
  REQUIRE(shopping::ShowsWhatWasTold(order, Delivered(ShipmentState::kDelivered, 2, kYes).status));
}

}  // namespace
}  // namespace tallystick
