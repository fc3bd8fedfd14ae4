#include "services/delivery/domain/delivery.h"

#include "tests/support/catch.h"

namespace tallystick::delivery {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

DeliveryInstruction Instruction(int64_t sequence,
                                decltype(DeliveryInstruction::what) what) {
  DeliveryInstruction instruction;
  instruction.trading_id.bytes[0] = 1;
  instruction.sequence = sequence;
  instruction.what = std::move(what);
  return instruction;
}

Delivery Booked() {
  const auto opened = Apply(nullptr,
                            Instruction(1, BookDelivery{"alice",
                                                        "digest",
                                                        {{"A", 2}, {"B", 1}},
                                                        {{"Ann", "Street"}},
                                                        "standard",
                                                        kNow + absl::Hours(24)}),
                            kNow);
  REQUIRE(opened.ok());
  REQUIRE(opened->book);
  return opened->delivery;
}

Delivery Released() {
  const auto accepted = RecordBooking(Booked(), {true}, kNow);
  const auto released = Apply(&accepted->delivery, Instruction(2, ReleaseDelivery{}), kNow);
  REQUIRE(released.ok());
  REQUIRE(released->to_follow == std::vector<std::string>{"1"});
  return released->delivery;
}

TEST_CASE("delivery: booked, released, on the way, delivered") {
  Delivery delivery = Released();
  REQUIRE(delivery.status.state == DeliveryState::kPreparing);
  for (const ShipmentState state : {ShipmentState::kInTransit, ShipmentState::kOutForDelivery}) {
    const auto change = RecordProgress(delivery, "1", {state, "Carrier", "T1"}, kNow);
    REQUIRE(change.has_value());
    delivery = change->delivery;
    REQUIRE(delivery.status.lines[0].dispatched == 2);
    REQUIRE(delivery.status.lines[0].delivered == 0);
    REQUIRE(delivery.status.schedule.scheduled == kNow + absl::Hours(24));
  }
  const auto arrived =
      RecordProgress(delivery, "1", {ShipmentState::kDelivered}, kNow + absl::Hours(1));
  REQUIRE(arrived->delivery.status.state == DeliveryState::kDelivered);
  REQUIRE(arrived->delivery.status.lines[0].delivered == 2);
  REQUIRE(arrived->delivery.status.schedule.completed == kNow + absl::Hours(1));
  REQUIRE(arrived->delivery.status.shipments[0].tracking_number == "T1");
}

TEST_CASE("delivery: progress never goes back and ends once") {
  const Delivery delivery = Released();
  const auto left = RecordProgress(delivery, "1", {ShipmentState::kOutForDelivery}, kNow);
  REQUIRE_FALSE(RecordProgress(left->delivery, "1", {ShipmentState::kInTransit}, kNow));
  REQUIRE_FALSE(RecordProgress(left->delivery, "2", {ShipmentState::kDelivered}, kNow));
  const auto lost =
      RecordProgress(left->delivery, "1", {ShipmentState::kFailed, "", "", "lost"}, kNow);
  REQUIRE(lost->delivery.status.state == DeliveryState::kFailed);
  REQUIRE(lost->delivery.status.lines[0].failed == 2);
  REQUIRE_FALSE(RecordProgress(lost->delivery, "1", {ShipmentState::kDelivered}, kNow));
}

TEST_CASE("delivery: a refused booking ends it") {
  const auto refused = RecordBooking(Booked(), {false, "too far"}, kNow);
  REQUIRE(refused->delivery.status.state == DeliveryState::kCanceled);
  REQUIRE(refused->delivery.status.booking == BookingState::kRefused);
  REQUIRE(refused->delivery.status.reason == "too far");
  REQUIRE_FALSE(RecordBooking(refused->delivery, {true}, kNow));
}

TEST_CASE("delivery: canceled before it left, and a late yes changes nothing") {
  const Delivery booked = Booked();
  const auto canceled = Apply(&booked, Instruction(2, CancelDelivery{"declined"}), kNow);
  REQUIRE(canceled->delivery.status.state == DeliveryState::kCanceled);
  REQUIRE_FALSE(RecordBooking(canceled->delivery, {true}, kNow));
  REQUIRE_FALSE(RecordProgress(canceled->delivery, "1", {ShipmentState::kInTransit}, kNow));
}

TEST_CASE("delivery: goods on the road cannot be called back") {
  const auto left = RecordProgress(Released(), "1", {ShipmentState::kInTransit}, kNow);
  const auto canceled = Apply(&left->delivery, Instruction(3, CancelDelivery{"late"}), kNow);
  REQUIRE(canceled->delivery.status.state == DeliveryState::kInTransit);
}

TEST_CASE("delivery: unlawful instructions are refused") {
  const Delivery booked = Booked();
  REQUIRE_FALSE(Apply(nullptr, Instruction(1, ReleaseDelivery{}), kNow).ok());
  REQUIRE_FALSE(Apply(&booked, Instruction(2, BookDelivery{"alice", "", {{"A", 1}}}), kNow).ok());
  REQUIRE_FALSE(Apply(&booked, Instruction(2, ReleaseDelivery{}), kNow).ok());
  REQUIRE_FALSE(Apply(nullptr, Instruction(1, BookDelivery{"alice", ""}), kNow).ok());
  REQUIRE_FALSE(Apply(nullptr, Instruction(1, BookDelivery{"alice", "", {{"A", 0}}}), kNow).ok());
}

}  // namespace
}  // namespace tallystick::delivery
