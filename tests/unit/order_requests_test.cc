// What a buyer may ask of an order: the return period, piece by piece.
#include "services/shopping/domain/order_requests.h"

#include <limits>

#include "platform/error/error.h"
#include "platform/trade/requests.h"
#include "tests/support/catch.h"

namespace tallystick::shopping {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// 15 pieces of A: 10 arrived 20 days ago, 5 yesterday; 14 days to return them.
Order Delivered() {
  Order order;
  order.contents.currency = "USD";
  order.contents.lines = {{"A", "Product A", 15, 100, 0, 1500, 0}};
  order.status.order.state = OrderState::kCompleted;
  order.status.order.lines = {{"A", 15, 15, 15}};
  order.status.delivery.emplace();
  const auto shipment = [&](const std::string& id, int64_t pieces, absl::Time arrived) {
    Shipment one;
    one.shipment_id = id;
    one.state = ShipmentState::kDelivered;
    one.lines = {{"A", pieces}};
    one.schedule.completed = arrived;
    order.status.delivery->shipments.push_back(one);
  };
  shipment("1", 10, kNow - absl::Hours(24 * 20));
  shipment("2", 5, kNow - absl::Hours(24));
  return order;
}

absl::StatusOr<std::optional<Change>> Ask(const Order& order, int64_t pieces, absl::Time now) {
  return ReturnGoods(order, {NewUuidV7(now), {{"A", pieces}}, ""}, now);
}

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

TEST_CASE("return: only as many as arrived within the period, however they are asked for") {
  const Order order = Delivered();
  REQUIRE(ReasonOf(Ask(order, 6, kNow).status()) == "RETURN_PERIOD_OVER");
  REQUIRE(ReasonOf(Ask(order, 16, kNow).status()) == "NOT_RETURNABLE");
  const auto three = Ask(order, 3, kNow);
  REQUIRE(three.ok());
  const Order after = (*three)->order;
  REQUIRE(ReasonOf(Ask(after, 3, kNow).status()) == "RETURN_PERIOD_OVER");
  const auto two = Ask(after, 2, kNow);
  REQUIRE(two.ok());
  REQUIRE(ReasonOf(Ask((*two)->order, 1, kNow).status()) == "RETURN_PERIOD_OVER");
}

TEST_CASE("return: what was returned in time of the old ones leaves the new ones their time") {
  // Ten days ago the first ten were still in time; six of them were returned then.
  Order order = Delivered();
  Return earlier;
  earlier.return_id = "R1";
  earlier.state = ReturnState::kRefunded;
  earlier.lines = {{"A", 6}};
  earlier.request_time = kNow - absl::Hours(24 * 10);
  order.status.order.returns = {earlier};
  order.status.order.lines[0].returned = 6;
  REQUIRE(Ask(order, 5, kNow).ok());
  REQUIRE_FALSE(Ask(order, 6, kNow).ok());
  // A return that was rejected takes nothing away.
  order.status.order.returns[0].state = ReturnState::kRejected;
  order.status.order.returns[0].request_time = kNow;
  order.status.order.lines[0].returned = 0;
  REQUIRE(Ask(order, 5, kNow).ok());
}

TEST_CASE("return: what somebody else claims is compared without trust") {
  const auto with = [](int64_t delivered, int64_t requested, std::vector<Shipment> shipments) {
    OrderStatus order;
    order.state = OrderState::kConfirmed;
    order.lines = {{"A", 15, 15, delivered, 0, requested}};
    DeliveryStatus delivery;
    delivery.shipments = std::move(shipments);
    return ReasonOf(CheckReturnable(order, &delivery, std::nullopt, {{"A", 1}}, kNow));
  };
  Shipment arrived;
  arrived.state = ShipmentState::kDelivered;
  arrived.lines = {{"A", 15}};
  arrived.schedule.completed = kNow - absl::Hours(24 * 1000);
  // Nobody knows for how long.
  REQUIRE(with(15, 0, {arrived}).empty());
  // The shop says that it arrived, delivery does not.
  REQUIRE(with(15, 0, {}) == "NOT_RETURNABLE");
  arrived.lines = {{"A", std::numeric_limits<int64_t>::max()}};
  REQUIRE(with(std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(),
               {arrived, arrived})
              .empty());
}

}  // namespace
}  // namespace tallystick::shopping
