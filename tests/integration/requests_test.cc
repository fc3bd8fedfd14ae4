// Cancelling, returning and the back office through the real servers: repeated, refused, UNKNOWN.
#include <set>

#include "platform/error/error.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

absl::StatusOr<v1::OrderStatus> Cancel(const InProcessStack& stack, const std::string& id,
                                       const std::string& request_id,
                                       const std::string& reason = "",
                                       const std::string& buyer = "alice") {
  v1::CancelOrderRequest request;
  request.set_request_id(request_id);
  request.set_trading_id(id);
  request.set_reason(reason);
  v1::CancelOrderResponse response;
  const grpc::Status status =
      stack.shopping_stub()->CancelOrder(InProcessStack::By(buyer).get(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response.status();
}

absl::StatusOr<v1::ReturnProductsResponse> Return(const InProcessStack& stack,
                                                  const std::string& id,
                                                  const std::string& request_id, int64_t quantity,
                                                  const std::string& sku = "A",
                                                  const std::string& buyer = "alice") {
  v1::ReturnProductsRequest request;
  request.set_request_id(request_id);
  request.set_trading_id(id);
  auto* line = request.add_lines();
  line->set_sku(sku);
  line->set_quantity(quantity);
  v1::ReturnProductsResponse response;
  const grpc::Status status =
      stack.shopping_stub()->ReturnProducts(InProcessStack::By(buyer).get(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

std::string NewId() { return NewUuidV7(absl::Now()).ToString(); }

// Answers nothing until it is told what happened.
class SilentGateway : public payment::Gateway {
 public:
  payment::GatewayAnswer Submit(const payment::GatewayRequest&) override { return Answer(); }
  payment::GatewayAnswer Ask(const payment::GatewayRequest&) override { return Answer(); }
  std::atomic<bool> answers = false;

 private:
  payment::GatewayAnswer Answer() const {
    return {answers ? payment::GatewayAnswer::kSucceeded : payment::GatewayAnswer::kUnknown, ""};
  }
};

TEST_CASE("cancel: while payment is UNKNOWN the order waits for it, then everything is undone") {
  SilentGateway gateway;
  InProcessStack stack(&gateway);
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(WaitUntil([&] {
    const auto status = stack.Status(id);
    return status.payment().transactions_size() == 1 &&
           status.payment().transactions(0).state() == v1::TRANSACTION_STATE_UNKNOWN;
  }));
  const std::string request_id = NewId();
  const auto pending = Cancel(stack, id, request_id, "too slow");
  REQUIRE(pending.ok());
  REQUIRE(pending->state() == v1::ORDER_STATE_CANCEL_PENDING);
  REQUIRE(WaitUntil(
      [&] { return stack.Status(id).delivery().state() == v1::DELIVERY_STATE_CANCELED; }));
  REQUIRE(stack.Status(id).order().state() == v1::ORDER_STATE_CANCEL_PENDING);
  REQUIRE(stack.Stock("A") == "100");
  // It is in the worklist of the back office meanwhile.
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice office(shop);
  REQUIRE(WaitUntil([&] {
    const auto work = office.ListWork();
    REQUIRE(work.ok());
    return work->size() == 1 && (*work)[0].description == "AUTHORIZE 26.30 USD, UNKNOWN";
  }));
  gateway.answers = true;
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_CANCELED));
  REQUIRE(
      WaitUntil([&] { return stack.Status(id).payment().state() == v1::PAYMENT_STATE_VOIDED; }));
  // The same request again, however often: nothing more.
  const int64_t revision = stack.Status(id).order().revision();
  REQUIRE(Cancel(stack, id, request_id, "too slow")->state() == v1::ORDER_STATE_CANCELED);
  REQUIRE(ReasonOf(Cancel(stack, id, request_id, "another reason").status()) ==
          "REQUEST_ID_REUSED");
  REQUIRE(stack.Status(id).order().revision() == revision);
  REQUIRE(Cancel(stack, id, NewId(), "", "mallory").status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("return: the same request is one return, and what is wrong is said") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order(3))->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const std::string request_id = NewId();
  REQUIRE(Return(stack, id, request_id, 2)->return_id() == "R1");
  REQUIRE(Return(stack, id, request_id, 2)->return_id() == "R1");
  REQUIRE(ReasonOf(Return(stack, id, request_id, 1).status()) == "REQUEST_ID_REUSED");
  REQUIRE(ReasonOf(Return(stack, id, NewId(), 2).status()) == "NOT_RETURNABLE");
  REQUIRE(ReasonOf(Return(stack, id, NewId(), 0).status()) == "INVALID_FIELD");
  REQUIRE(ReasonOf(Return(stack, id, NewId(), -1).status()) == "INVALID_FIELD");
  REQUIRE(ReasonOf(Return(stack, id, NewId(), 1, "B").status()) == "UNKNOWN_SKU");
  REQUIRE(ReasonOf(Return(stack, id, "rubbish", 1).status()) == "INVALID_FIELD");
  REQUIRE(Return(stack, id, NewId(), 1, "A", "mallory").status().code() ==
          absl::StatusCode::kNotFound);
  REQUIRE(WaitUntil(
      [&] { return stack.Status(id).order().returns(0).state() == v1::RETURN_STATE_REFUNDED; }));
  REQUIRE(stack.Status(id).payment().refunded().minor_units() == 2 * 1070);
  REQUIRE(stack.Stock("A") == "99");
}

// Takes money but not for captures.
class NoCaptures : public payment::Gateway {
 public:
  payment::GatewayAnswer Submit(const payment::GatewayRequest& request) override {
    return Ask(request);
  }
  payment::GatewayAnswer Ask(const payment::GatewayRequest& request) override {
    if (request.type == TransactionType::kCapture && fails) {
      return {payment::GatewayAnswer::kFailed, "limit reached"};
    }
    return {payment::GatewayAnswer::kSucceeded, ""};
  }
  std::atomic<bool> fails = true;
};

// Without a fee, so that everything can come back; gives its trading id.
std::string OrderToPickUp(const InProcessStack& stack) {
  v1::PlaceOrderRequest order = InProcessStack::Order(1);
  order.set_terms(v1::TERMS_ON_DELIVERY);
  order.set_delivery_option("pickup");
  return stack.Place(order)->trading_id();
}

TEST_CASE("back office: what is no longer called for stops waiting for a person") {
  NoCaptures gateway;
  InProcessStack stack(&gateway);
  stack.LoadProducts();
  const std::string id = OrderToPickUp(stack);
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice office(shop);
  REQUIRE(WaitUntil([&] { return office.ListWork()->size() == 1; }));
  REQUIRE(Return(stack, id, NewId(), 1).ok());
  REQUIRE(WaitUntil([&] { return office.ListWork()->empty(); }));
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
}

TEST_CASE("back office: what is no longer called for ends no page before what waits") {
  NoCaptures gateway;
  InProcessStack stack(&gateway);
  stack.LoadProducts();
  std::set<std::string> ids;  // in the order of the list
  for (int i = 0; i < 4; ++i) ids.insert(OrderToPickUp(stack));
  Shop shop = stack.ShopOf("operator:bob");
  REQUIRE(WaitUntil([&] { return BackOffice(shop).ListWork()->size() == ids.size(); }));
  const std::string waits = *ids.rbegin();
  for (const std::string& id : ids) {
    if (id == waits) continue;
    REQUIRE(Return(stack, id, NewId(), 1).ok());
    REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  }
  // A page of one place, and the others in the list before the one that waits.
  v1::PaymentOperationsListWorkRequest request;
  request.set_page_size(1);
  v1::PaymentOperationsListWorkResponse page;
  REQUIRE(v1::PaymentOperations::NewStub(Keys::Get().BuyerChannel(stack.address(1)))
              ->ListWork(InProcessStack::By("operator:bob").get(), request, &page)
              .ok());
  REQUIRE(page.work_size() == 1);
  REQUIRE(page.work(0).trading_id() == waits);
}

TEST_CASE("trades are listed under their buyer, latest first, in pages") {
  InProcessStack stack;
  stack.LoadProducts();
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.insert(ids.begin(), stack.Place(InProcessStack::Order(1))->trading_id());
  stack.Place(InProcessStack::Order(1), "bob").value();
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("shopping", "SELECT count(*) FROM trades_by_buyer") == "6";
  }));
  v1::ListTradesRequest request;
  request.set_page_size(2);
  std::vector<std::string> listed;
  do {
    v1::ListTradesResponse response;
    REQUIRE(stack.shopping_stub()
                ->ListTrades(InProcessStack::By("alice").get(), request, &response)
                .ok());
    REQUIRE(response.trades_size() <= 2);
    for (const auto& trade : response.trades()) {
      listed.push_back(trade.trading_id());
      REQUIRE(trade.services().payment() == stack.address(1));
    }
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  REQUIRE(listed == ids);
  request.set_page_token("rubbish");
  v1::ListTradesResponse response;
  REQUIRE(stack.shopping_stub()
              ->ListTrades(InProcessStack::By("alice").get(), request, &response)
              .error_code() == grpc::INVALID_ARGUMENT);
}

TEST_CASE("back office: what cannot be recorded is refused with the reason, by buyers never") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const Uuid trade = *ParseUuid(id);
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice office(shop);
  const auto record = [&](int32_t number, TransactionState state) {
    return office.RecordTransaction(trade, number, {}, state, "").status();
  };
  REQUIRE(ReasonOf(office
                       .RecordTransaction(trade, 1, TransactionType::kCapture,
                                          TransactionState::kSucceeded, "")
                       .status()) == "OTHER_TRANSACTION");
  REQUIRE(record(1, TransactionState::kSucceeded).ok());  // as it is already
  REQUIRE(ReasonOf(record(1, TransactionState::kFailed)) == "TRANSACTION_ENDED");
  REQUIRE(ReasonOf(record(9, TransactionState::kFailed)) == "TRANSACTION_NOT_FOUND");
  REQUIRE(ReasonOf(record(1, TransactionState::kPending)) == "INVALID_FIELD");
  REQUIRE(ReasonOf(office.RetryTransaction(trade, 2).status()) == "NOTHING_TO_RETRY");
  REQUIRE(ReasonOf(office.RetryTransaction(NewUuidV7(absl::Now()), 2).status()) ==
          "TRADE_NOT_FOUND");
  REQUIRE(ReasonOf(office.RecordBooking(trade, false, "").status()) == "NOT_POSSIBLE");
  REQUIRE(ReasonOf(office.RecordShipment(trade, "1", ShipmentState::kFailed, "").status()) ==
          "NOT_POSSIBLE");
  REQUIRE(ReasonOf(office.RecordShipment(trade, "7", ShipmentState::kFailed, "").status()) ==
          "SHIPMENT_NOT_FOUND");
  REQUIRE(ReasonOf(office.RecordReturn(trade, "R1", ReturnState::kReceived, "").status()) ==
          "RETURN_NOT_FOUND");
  std::string left;
  REQUIRE(ReasonOf(office.RecordDispatch(NewUuidV7(absl::Now()), trade, "1", {}, "", "", &left)
                       .status()) == "NOT_POSSIBLE");
  REQUIRE(office.ListWork()->empty());

  Shop as_buyer = stack.ShopOf("alice");
  BackOffice buyer(as_buyer);
  REQUIRE(absl::IsPermissionDenied(buyer.ListWork().status()));
  auto payment = v1::PaymentOperations::NewStub(Keys::Get().BuyerChannel(stack.address(1)));
  v1::RecordTransactionResponse response;
  REQUIRE(
      payment->RecordTransaction(InProcessStack::By("alice").get(), {}, &response).error_code() ==
      grpc::PERMISSION_DENIED);
  auto delivery = v1::DeliveryOperations::NewStub(Keys::Get().BuyerChannel(stack.address(2)));
  v1::RecordShipmentResponse shipment;
  REQUIRE(delivery->RecordShipment(InProcessStack::By("alice").get(), {}, &shipment).error_code() ==
          grpc::PERMISSION_DENIED);
}

TEST_CASE("back office: a failed capture waits for a person, who has it tried again, once") {
  NoCaptures gateway;
  InProcessStack stack(&gateway);
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice office(shop);
  REQUIRE(WaitUntil([&] {
    const auto work = office.ListWork();
    return work.ok() && work->size() == 1 &&
           (*work)[0].description == "CAPTURE 26.30 USD, FAILED: limit reached";
  }));
  // A process that dies before it has parked the work leaves it to another, which must not take it
  // for done.
  const auto parked = [&] {
    return stack.postgres().Ask("payment", "SELECT count(*) FROM work WHERE attempts >= 1000000") ==
           "1";
  };
  REQUIRE(WaitUntil(parked));
  stack.postgres().Execute("payment", "UPDATE work SET attempts = 0, due_time = now()");
  REQUIRE(WaitUntil(parked));
  REQUIRE(office.ListWork()->size() == 1);
  gateway.fails = false;
  REQUIRE(office.RetryTransaction(*ParseUuid(id), 2).ok());
  REQUIRE(office.RetryTransaction(*ParseUuid(id), 2).ok());
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const v1::PaymentStatus payment = stack.Status(id).payment();
  REQUIRE(payment.transactions_size() == 3);
  REQUIRE(payment.transactions(2).retry_of() == 2);
  REQUIRE(payment.captured().minor_units() == 2630);
  REQUIRE(office.ListWork()->empty());
}

}  // namespace
}  // namespace tallystick::testing
