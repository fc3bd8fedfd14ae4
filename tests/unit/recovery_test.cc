// The pure rules by which servers meet again when a database has lost something.
#include "platform/trade/sequence.h"
#include "services/shopping/domain/asked_again.h"
#include "services/shopping/domain/lost_request.h"
#include "services/shopping/domain/report_rules.h"
#include "services/shopping/domain/shown.h"
#include "services/shopping/store/keepsake.h"
#include "tests/support/catch.h"
#include "tests/support/delivered.h"

namespace tallystick {
namespace {

using testing::Delivered;
using testing::kLater;
using testing::kThen;
using testing::kTrade;

constexpr auto kYes = BookingState::kAccepted;

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

  // Nobody's word makes more goods of them than were ordered.
  delivery.returns = {{"R1", ReturnState::kReceived, {{"A", 1000}}, "too small"}};
  REQUIRE(!shopping::WithLostRequest(order, delivery));
  delivery.returns = {{"R1", ReturnState::kReceived, {{"A", -1}}, "too small"}};
  REQUIRE(!shopping::WithLostRequest(order, delivery));
  delivery.returns = {{"R1", ReturnState::kReceived, {{"NONE", 1}}, "too small"}};
  REQUIRE(!shopping::WithLostRequest(order, delivery));

  delivery.returns = {{"R1", ReturnState::kReceived, {{"A", 1}}, "too small"}};
  delivery.returns[0].request_id = kTrade.ToString();
  const auto returned = shopping::WithLostRequest(order, delivery);
  REQUIRE(returned->status.order.returns.size() == 1);
  REQUIRE(returned->status.order.returns[0].state == ReturnState::kRequested);
  REQUIRE(returned->status.order.lines[0].return_requested == 1);
  REQUIRE(returned->return_reductions.size() == 1);
  REQUIRE(returned->status.order.delivery_instructions == told + 1);
  REQUIRE(returned->status.order.revision == revision + 1);
  REQUIRE(!shopping::WithLostRequest(*returned, delivery));
  // The request comes again: it has been answered. Another one of the same goods is another.
  REQUIRE(shopping::ReturnMadeBy(*returned, kTrade) == "R1");
  REQUIRE(
      !shopping::ReturnGoods(*returned, {kTrade, {{"A", 1}}, "too small"}, kLater)->has_value());
  shopping::Order told_again = order;
  told_again.unheard_delivery = {
      {kTrade, told + 1, CollectReturn{"R1", {{"A", 1}}, "too small", kTrade.ToString()}}};
  REQUIRE(shopping::ShowsWhatWasTold(told_again, delivery));
  std::get<CollectReturn>(told_again.unheard_delivery[0].what).request_id = Uuid{}.ToString();
  REQUIRE(!shopping::ShowsWhatWasTold(told_again, delivery));

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

TEST_CASE("recovery: what the shop told when payment had declined is no cancellation") {
  const shopping::Order accepted = Accepted().order;
  PaymentStatus payment;
  payment.state = PaymentState::kDeclined;
  payment.instructions_applied = 2;
  DeliveryStatus delivery = Delivered(ShipmentState::kCanceled, 2, kYes).status;
  delivery.reason = kPaymentDeclined;
  const auto declined = shopping::LostDecline(accepted, payment, delivery, kLater);
  REQUIRE(declined->order.status.order.state == OrderState::kRejected);
  REQUIRE(declined->order.status.order.reason == kPaymentDeclined);
  REQUIRE(declined->order.status.order.due == 0);
  REQUIRE(declined->payment.size() == 1);
  REQUIRE(declined->payment[0].sequence == 2);
  REQUIRE(declined->delivery.size() == 1);
  REQUIRE(declined->delivery[0].sequence == 2);
  REQUIRE(!declined->stock_back.empty());
  // Delivery was not told yet.
  delivery = Delivered(ShipmentState::kScheduled, 1, kYes).status;
  REQUIRE(shopping::LostDecline(accepted, payment, delivery, kLater));
  // It was told something else under that number.
  delivery = Delivered(ShipmentState::kCanceled, 2, kYes).status;
  delivery.reason = kCanceledByBuyer;
  REQUIRE(!shopping::LostDecline(accepted, payment, delivery, kLater));
  // Payment was told nothing, or has not declined.
  delivery.reason = kPaymentDeclined;
  payment.instructions_applied = 1;
  REQUIRE(!shopping::LostDecline(accepted, payment, delivery, kLater));
  payment.instructions_applied = 2;
  payment.state = PaymentState::kVoided;
  REQUIRE(!shopping::LostDecline(accepted, payment, delivery, kLater));
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
  REQUIRE(!shows(ReleaseDelivery{}, ShipmentState::kCanceled));
  REQUIRE(!shows(ReleaseDelivery{}, ShipmentState::kInTransit, "too late for some"));
  REQUIRE(shows(CancelDelivery{"mind"}, ShipmentState::kCanceled, "mind"));
  REQUIRE(!shows(CancelDelivery{"mind"}, ShipmentState::kCanceled, "other"));
  REQUIRE(!shows(CancelDelivery{"mind"}, ShipmentState::kPreparing));
  REQUIRE(!shows(CollectReturn{"R1", {{"A", 1}}, ""}, ShipmentState::kDelivered));
  // Delivery had refused, and was told then that payment had declined.
  DeliveryStatus refused = Delivered(ShipmentState::kCanceled, 2, kYes).status;
  refused.booking = BookingState::kRefused;
  refused.reason = kPaymentDeclined;
  order.unheard_delivery = {{kTrade, 2, CancelDelivery{"mind"}}};
  REQUIRE(!shopping::ShowsWhatWasTold(order, refused));
  order.unheard_delivery = {{kTrade, 2, CancelDelivery{kPaymentDeclined}}};
  REQUIRE(shopping::ShowsWhatWasTold(order, refused));
  // It is applied later.
  order.unheard_delivery[0].sequence = 3;
  REQUIRE(shopping::ShowsWhatWasTold(order, Delivered(ShipmentState::kDelivered, 2, kYes).status));
}

}  // namespace
}  // namespace tallystick
