#include "services/delivery/domain/delivery.h"

#include "tests/support/catch.h"

namespace tallystick::delivery {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

DeliveryInstruction Instruction(int64_t sequence, decltype(DeliveryInstruction::what) what) {
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

TEST_CASE("delivery: nobody records the arrival of what has not left") {
  const Delivery delivery = Released();
  for (const ShipmentState state : {ShipmentState::kOutForDelivery, ShipmentState::kDelivered}) {
    const auto early = RecordByHand(delivery, "1", {state}, kNow);
    REQUIRE(early.status().code() == absl::StatusCode::kFailedPrecondition);
  }
  // What is lost before it left is given up all the same.
  REQUIRE(RecordByHand(delivery, "1", {ShipmentState::kFailed}, kNow).ok());
  const auto left = RecordProgress(delivery, "1", {ShipmentState::kInTransit}, kNow);
  REQUIRE(RecordByHand(left->delivery, "1", {ShipmentState::kDelivered}, kNow).ok());
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

TEST_CASE("delivery: the carrier divides the goods, if that adds up") {
  const Booking halves{true, "", {{{"A", 1}, {"B", 1}}, {{"A", 1}}}};
  const auto divided = RecordBooking(Booked(), halves, kNow);
  REQUIRE(divided->delivery.status.shipments.size() == 2);
  REQUIRE(divided->delivery.status.shipments[1].lines == std::vector<GoodsQuantity>{{"A", 1}});
  for (const auto& wrong : std::vector<
           std::vector<std::vector<GoodsQuantity>>>{{{{"A", 1}}, {{"A", 1}}},  // B is missing
                                                    {{{"A", 3}, {"B", 1}}},    // too many
                                                    {{{"A", 2},
                                                      {"B", 1},
                                                      {"C", 1}}},                // not ordered
                                                    {{{"A", 2}, {"B", 1}}, {}},  // an empty one
                                                    {{{"A", 3}, {"A", -1}, {"B", 1}}}})  // a trick
  {
    const auto whole = RecordBooking(Booked(), {true, "", wrong}, kNow);
    REQUIRE(whole->delivery.status.shipments.size() == 1);
    REQUIRE(whole->delivery.status.booking == BookingState::kAccepted);
  }
}

TEST_CASE("delivery: a part that leaves is a shipment of its own, once a request") {
  const Delivery released = Released();
  Dispatch dispatch{NewUuidV7(kNow), "1", {{"A", 1}}, "Van", "T"};
  const auto left = RecordDispatch(released, dispatch, kNow);
  REQUIRE(left.ok());
  const Delivery after = (*left)->delivery;
  REQUIRE(after.status.shipments.size() == 2);
  REQUIRE(after.status.shipments[0].lines == std::vector<GoodsQuantity>{{"A", 1}, {"B", 1}});
  REQUIRE(after.status.shipments[1].state == ShipmentState::kInTransit);
  REQUIRE((*left)->to_follow == std::vector<std::string>{"2"});
  REQUIRE(DispatchedBy(after, dispatch.request_id) == "2");
  REQUIRE_FALSE(RecordDispatch(after, dispatch, kNow)->has_value());
  Dispatch other = dispatch;
  other.lines = {{"B", 1}};
  REQUIRE_FALSE(RecordDispatch(after, other, kNow).ok());
  // More than there is, nothing, or what has left already.
  const auto refused = [&](std::string shipment, std::vector<GoodsQuantity> lines) {
    return !RecordDispatch(after, {NewUuidV7(kNow), shipment, lines, "", ""}, kNow).ok();
  };
  REQUIRE(refused("1", {{"A", 2}}));
  REQUIRE(refused("1", {{"A", 0}}));
  REQUIRE(refused("1", {{"A", -1}}));
  REQUIRE(refused("1", {{"C", 1}}));
  REQUIRE(refused("2", {}));
  REQUIRE(refused("9", {}));
  // All that is left by name is the shipment itself.
  const auto rest =
      RecordDispatch(after, {NewUuidV7(kNow), "1", {{"A", 1}, {"B", 1}}, "", ""}, kNow);
  REQUIRE((*rest)->delivery.status.shipments.size() == 2);
  REQUIRE((*rest)->delivery.status.lines[0].dispatched == 2);
}

TEST_CASE("delivery: no more is collected than the buyer has") {
  Delivery delivery = RecordProgress(Released(), "1", {ShipmentState::kDelivered}, kNow)->delivery;
  const auto collect = [&](int64_t sequence, const std::string& id, int64_t quantity) {
    return Apply(&delivery, Instruction(sequence, CollectReturn{id, {{"A", quantity}}, ""}), kNow);
  };
  REQUIRE_FALSE(collect(3, "R1", 3).ok());
  delivery = collect(3, "R1", 1)->delivery;
  REQUIRE_FALSE(collect(4, "R2", 2).ok());
  REQUIRE_FALSE(collect(4, "R1", 1).ok());  // known already
  delivery = RecordReturn(delivery, "R1", {ReturnState::kRejected, "used"}, kNow)->delivery;
  REQUIRE(delivery.status.lines[0].returned == 0);
  delivery = collect(4, "R2", 2)->delivery;
  delivery = RecordReturn(delivery, "R2", {ReturnState::kReceived}, kNow)->delivery;
  REQUIRE(delivery.status.lines[0].returned == 2);
  REQUIRE_FALSE(RecordReturn(delivery, "R2", {ReturnState::kRejected}, kNow).has_value());
  REQUIRE_FALSE(collect(5, "R3", 1).ok());
}

}  // namespace
}  // namespace tallystick::delivery
