// What payment and delivery take back from the shop: the pure rules.
#include "services/delivery/domain/take_back.h"
#include "services/payment/domain/take_back.h"
#include "tests/support/catch.h"
#include "tests/support/delivered.h"

namespace tallystick {
namespace {

using testing::Delivered;
using testing::kLater;
using testing::kThen;
using testing::kTrade;

constexpr auto kYes = BookingState::kAccepted;

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

TEST_CASE("recovery: what payment refused for want of what it had lost is told once more") {
  auto refusing = Paid({Transaction(1, kAuthorize, kSucceeded)}, 3);
  refusing.refused = {{3, "more than is authorized"}};
  const auto remembered =
      Paid({Transaction(1, kAuthorize, kSucceeded), Transaction(2, kCapture, kSucceeded)}, 2);
  const auto change = payment::TakeBack(&refusing, remembered, kLater);
  REQUIRE(change.ok());
  REQUIRE(change->payment.status.instructions_applied == 2);
  REQUIRE(change->payment.status.transactions.size() == 2);
  REQUIRE(change->payment.refused.empty());
}

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

TEST_CASE("recovery: goods that were divided before and again since are put together again") {
  auto before = Delivered(ShipmentState::kPreparing, 2, kYes);
  before.status.shipments = {{"1", ShipmentState::kPreparing, {{"A", 2}}},
                             {"2", ShipmentState::kInTransit, {{"A", 1}}}};
  before.status.shipments[1].dispatch_time = kThen;
  auto after = before;
  after.status.shipments[0].lines = {{"A", 1}};
  after.status.shipments[1].state = ShipmentState::kDelivered;
  after.status.shipments.push_back({"3", ShipmentState::kInTransit, {{"A", 1}}});
  after.status.shipments[2].dispatch_time = kThen;
  for (const auto& [mine, remembered] : {std::pair(before, after), std::pair(after, before)}) {
    const auto change = delivery::TakeBack(&mine, remembered, kLater);
    REQUIRE(change.ok());
    const std::vector<Shipment>& shipments = change->delivery.status.shipments;
    REQUIRE(shipments.size() == 3);
    REQUIRE(shipments[0].state == ShipmentState::kPreparing);
    REQUIRE(shipments[1].state == ShipmentState::kDelivered);
    REQUIRE(shipments[2].state == ShipmentState::kInTransit);
  }

  // What had left was divided by nobody, and goods do not come from nowhere.
  auto divided_on_the_way = after;
  divided_on_the_way.status.shipments[0].lines = {{"A", 2}};
  divided_on_the_way.status.shipments[1].lines = {};
  auto more = after;
  more.status.shipments[2].lines = {{"A", 2}};
  for (const auto& other : {divided_on_the_way, more}) {
    REQUIRE(absl::IsFailedPrecondition(delivery::TakeBack(&before, other, kLater).status()));
    REQUIRE(absl::IsFailedPrecondition(delivery::TakeBack(&other, before, kLater).status()));
  }
}

}  // namespace
}  // namespace tallystick
