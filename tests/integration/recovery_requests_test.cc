// What the buyer asked of a shop that has lost something: asked once, carried out once.
#include <algorithm>

#include "tests/support/older_database.h"
#include "tests/support/recovering_stack.h"

namespace tallystick::testing {
namespace {

TEST_CASE(
    "recovery: what the buyer asked of an order that was sent again is asked of the first one") {
  for (const bool too_late : {false, true}) {
    CAPTURE(too_late);
    RecoveringStack trades;
    InProcessStack& stack = trades.stack();
    const OlderDatabase older(stack.postgres(), "shopping");
    stack.StopDelivery();
    stack.StartDelivery(too_late ? absl::ZeroDuration() : absl::Hours(1));
    const v1::PlaceOrderRequest request = InProcessStack::Order(1);
    const auto first = stack.Place(request);
    const std::string& id = first->trading_id();
    const auto reached = too_late ? v1::ORDER_STATE_COMPLETED : v1::ORDER_STATE_ACCEPTED;
    REQUIRE(WaitUntil([&] {
      return stack.Status(id).order().state() == reached && trades.Delivery(id).revision() > 0 &&
             trades.Payment(id).authorized().minor_units() > 0;
    }));

    stack.StopAll();
    older.Restore();
    stack.StartShopping();
    REQUIRE(stack.Place(request)->contents_digest() != first->contents_digest());
    stack.Cancel(id);
    stack.StartPayment();
    stack.StartDelivery();
    REQUIRE(trades.Meets(id, too_late ? v1::ORDER_STATE_COMPLETED : v1::ORDER_STATE_CANCELED));
    const v1::OrderStatus order = stack.Status(id).order();
    REQUIRE(order.contents_digest() == first->contents_digest());
    REQUIRE(order.revision() ==
            1 + order.payment_revision() + order.delivery_revision() + (too_late ? 0 : 1));
    // The buyer was told yes.
    REQUIRE(WaitUntil([&] {
      return stack.postgres().Ask("shopping",
                                  "SELECT count(*) FROM work WHERE queue = 4 AND reason LIKE '%the "
                                  "buyer was told that it would be canceled%'") ==
             (too_late ? "1" : "0");
    }));
    trades.RequireMoneyMovedOnce();
  }
}

grpc::Status CancelBy(const InProcessStack& stack, const std::string& id, const Uuid& request_id) {
  v1::CancelOrderRequest request;
  request.set_request_id(request_id.ToString());
  request.set_trading_id(id);
  v1::CancelOrderResponse response;
  return stack.shopping_stub()->CancelOrder(InProcessStack::By("alice").get(), request, &response);
}

TEST_CASE("recovery: what the buyer asks of a shop that has lost something comes behind that") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  v1::PlaceOrderRequest request = InProcessStack::Order(1);
  request.add_items()->set_sku("B");
  request.mutable_items(1)->set_quantity(1);
  const std::string returned = stack.Place(request)->trading_id();
  REQUIRE(stack.Reaches(returned, v1::ORDER_STATE_COMPLETED));
  stack.StopDelivery();
  stack.StartDelivery(absl::Hours(1));
  const std::string canceled = trades.Place();
  REQUIRE(WaitUntil([&] {
    return stack.Status(canceled).delivery().revision() == 1 &&
           trades.Payment(canceled).state() == v1::PAYMENT_STATE_AUTHORIZED;
  }));
  const OlderDatabase older(stack.postgres(), "shopping");
  stack.StopDelivery();
  stack.postgres().Execute("delivery", "UPDATE work SET due_time = now()");
  stack.StartDelivery();
  REQUIRE(stack.Reaches(canceled, v1::ORDER_STATE_COMPLETED));
  stack.ReturnOne(returned, "A");
  REQUIRE(WaitUntil([&] { return trades.Payment(returned).refunded().minor_units() > 0; }));
  REQUIRE(trades.IsQuiet());

  stack.StopShopping();
  older.Restore();
  stack.StartShopping();
  const Uuid asked = NewUuidV7(absl::Now());
  REQUIRE(CancelBy(stack, canceled, asked).ok());  // under RELEASE's number
  stack.ReturnOne(returned, "B");                  // under that of the other return, with its id
  REQUIRE(trades.Meets(canceled, v1::ORDER_STATE_COMPLETED));
  REQUIRE(WaitUntil([&] {
    const v1::OrderStatus order = stack.Status(returned).order();
    return order.returns_size() == 2 && order.returns(0).lines(0).sku() == "A" &&
           order.returns(0).state() == v1::RETURN_STATE_REFUNDED &&
           order.returns(1).lines(0).sku() == "B" &&
           order.returns(1).state() == v1::RETURN_STATE_REFUNDED;
  }));
  REQUIRE(trades.Meets(returned, v1::ORDER_STATE_COMPLETED));
  // It was too late for that, and the buyer was told otherwise.
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("shopping",
                                "SELECT count(*) FROM work WHERE queue = 4 AND attempts >= 1000000 "
                                "AND reason LIKE 'the buyer was told that it would be canceled%' "
                                "AND trading_id = '" +
                                    canceled + "'") == "1";
  }));
  // So is whoever asks again under the same id.
  for (int again = 0; again < 2; ++again) {
    const grpc::Status refused = CancelBy(stack, canceled, asked);
    REQUIRE(refused.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
  }
  trades.RequireMoneyMovedOnce();
}

TEST_CASE("recovery: nothing is decided of a trade before the three meet again") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  stack.StopDelivery();
  stack.StartDelivery(absl::Hours(1));
  const std::string canceled = stack.Place(InProcessStack::Order(1))->trading_id();
  const std::string other = stack.Place(InProcessStack::Order(1))->trading_id();
  const Uuid before = NewUuidV7(absl::Now());
  REQUIRE(CancelBy(stack, canceled, before).ok());
  const auto stands_still = [&](int number, int attempts) {
    for (const std::string& id : {canceled, other}) {
      stack.postgres().Execute("shopping",
                               "INSERT INTO work (trading_id, queue, number, attempts, reason, "
                               "due_time, payload) VALUES ('" +
                                   id + "', 4, " + std::to_string(number) + ", " +
                                   std::to_string(attempts) +
                                   ", 'differs', '9999-01-01', '') ON CONFLICT (trading_id, "
                                   "queue, number) DO NOTHING");
    }
  };
  // It was found by a comparison and was not looked at yet; a person has it looked at again; waits
  // for one.
  using Case = std::tuple<int, int, grpc::StatusCode>;
  for (const auto& [number, attempts, code] :
       {Case{4, 0, grpc::StatusCode::UNAVAILABLE}, Case{5, 0, grpc::StatusCode::UNAVAILABLE},
        Case{5, kParkedAttempts, grpc::StatusCode::FAILED_PRECONDITION},
        Case{3, kParkedAttempts, grpc::StatusCode::FAILED_PRECONDITION}}) {
    CAPTURE(number, attempts);
    stands_still(number, attempts);
    const Uuid now = NewUuidV7(absl::Now());
    REQUIRE(CancelBy(stack, other, now).error_code() == code);
    // What was decided is told.
    REQUIRE(CancelBy(stack, canceled, before).ok());
    stack.postgres().Execute("shopping", "DELETE FROM work WHERE queue = 4");
    // A refusal is final, and nothing else is.
    if (code == grpc::StatusCode::FAILED_PRECONDITION) {
      REQUIRE(CancelBy(stack, other, now).error_code() == code);
    }
  }
  // Messages that come in another order are no reason.
  stands_still(1, 0);
  REQUIRE(CancelBy(stack, other, NewUuidV7(absl::Now())).ok());
}

// One piece of A goes back, by a request of that id; gives the return's.
std::string ReturnBy(const InProcessStack& stack, const std::string& id, const Uuid& request_id) {
  v1::ReturnProductsRequest request;
  request.set_request_id(request_id.ToString());
  request.set_trading_id(id);
  request.add_lines()->set_sku("A");
  request.mutable_lines(0)->set_quantity(1);
  v1::ReturnProductsResponse response;
  const grpc::Status status =
      stack.shopping_stub()->ReturnProducts(InProcessStack::By("alice").get(), request, &response);
  INFO(status.error_message());
  REQUIRE(status.ok());
  return response.return_id();
}

TEST_CASE(
    "recovery: a request is one return, though the shop has lost it, and the next is another") {
  RecoveringStack trades;
  InProcessStack& stack = trades.stack();
  const std::string healed = stack.Place(InProcessStack::Order(3))->trading_id();
  const std::string not_yet = stack.Place(InProcessStack::Order(3))->trading_id();
  for (const std::string& id : {healed, not_yet}) {
    REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  }
  REQUIRE(trades.IsQuiet());
  const OlderDatabase older(stack.postgres(), "shopping");
  const Uuid asked = NewUuidV7(absl::Now());
  for (const std::string& id : {healed, not_yet}) {
    REQUIRE(ReturnBy(stack, id, asked) == "R1");
    REQUIRE(WaitUntil([&] { return trades.Payment(id).refunded().minor_units() > 0; }));
  }
  REQUIRE(trades.IsQuiet());
  stack.StopShopping();
  older.Restore();
  stack.StartShopping();
  // Before that is noticed.
  ReturnBy(stack, not_yet, NewUuidV7(absl::Now()));
  const auto refunded = [&](const std::string& id, int returns) {
    return WaitUntil([&] {
      const v1::OrderStatus order = stack.Status(id).order();
      return order.returns_size() == returns &&
             std::ranges::all_of(order.returns(), [](const v1::Return& goods_return) {
               return goods_return.state() == v1::RETURN_STATE_REFUNDED;
             });
    });
  };
  REQUIRE(refunded(not_yet, 2));
  // That one was lost had shown: all are compared.
  REQUIRE(refunded(healed, 1));
  REQUIRE(ReturnBy(stack, healed, asked) == "R1");
  REQUIRE(ReturnBy(stack, not_yet, asked) == "R1");
  for (const auto& [id, returns] : {std::pair(healed, 1), std::pair(not_yet, 2)}) {
    REQUIRE(trades.Meets(id, v1::ORDER_STATE_COMPLETED));
    REQUIRE(trades.Delivery(id).returns_size() == returns);
  }
  REQUIRE(trades.IsQuiet());
  trades.RequireMoneyMovedOnce();
}

}  // namespace
}  // namespace tallystick::testing
