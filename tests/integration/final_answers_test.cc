// The answer under a request id is final: whichever of two replicas gives it, and whatever the
// other one is about to do.
#include <atomic>
#include <set>
#include <thread>

#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

using Stub = std::unique_ptr<v1::ShoppingService::Stub>;

absl::StatusOr<v1::TradingInformation> PlaceAt(const Stub& stub,
                                               const v1::PlaceOrderRequest& request,
                                               absl::Duration timeout = absl::Seconds(20)) {
  auto context = InProcessStack::By("alice");
  rpc::SetDeadline(*context, timeout);
  v1::PlaceOrderResponse response;
  const grpc::Status status = stub->PlaceOrder(context.get(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response.information();
}

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }

// Somebody who holds a product's row.
class Holder {
 public:
  explicit Holder(const InProcessStack& stack)
      : connection_(stack.postgres().Url("shopping")), work_(connection_) {
    work_.exec("SELECT 1 FROM products WHERE sku = 'A' FOR UPDATE");
  }
  void LetGo() { work_.abort(); }

 private:
  pqxx::connection connection_;
  pqxx::work work_;
};

bool SomebodyWaitsForALock(const InProcessStack& stack) {
  return WaitUntil([&] {
    return stack.postgres().Ask("shopping",
                                "SELECT count(*) FROM pg_stat_activity "
                                "WHERE wait_event_type = 'Lock' AND state = 'active'") != "0";
  });
}

std::string Orders(const InProcessStack& stack) {
  return stack.postgres().Ask("shopping", "SELECT count(*) FROM orders WHERE revision > 0");
}

// The server has answered all calls: deadlines that have passed for their callers, have for it. (It
// counts them from when the call came.)
bool NobodyIsIn(const InProcessStack& stack) {
  return WaitUntil([&] { return stack.shopping().gate().limits().live() == 0; });
}

// Asks for the order until the server waits for a lock because of it, and has given up.
bool IsAskedInVain(const InProcessStack& stack, const Stub& stub,
                   const v1::PlaceOrderRequest& order) {
  std::atomic<bool> waits = false;
  {
    // A call may be over before it has come so far.
    const std::jthread caller([&](const std::stop_token& stop) {
      while (!waits && !stop.stop_requested()) {
        const absl::Status answer = PlaceAt(stub, order, absl::Milliseconds(500)).status();
        CHECK((absl::IsDeadlineExceeded(answer) || ReasonOf(answer) == "QUEUE_FULL"));
      }
    });
    waits = SomebodyWaitsForALock(stack);
  }
  return waits && NobodyIsIn(stack);
}

// Locks are waited for longer than callers wait.
void BePatient(rpc::ServerSettings& settings) {
  settings.database.timeouts.transaction = absl::Seconds(30);
  settings.database.timeouts.lock = absl::Seconds(20);
}

TEST_CASE("an order that its buyer was told is refused is never placed by the slower replica") {
  InProcessStack stack(nullptr, BePatient);
  stack.LoadProducts();
  const std::vector<std::string> more = FreeAddresses(2);
  const auto replica = stack.StartShoppingReplica(more);
  const Stub slow = stack.shopping_stub();
  const Stub fast = v1::ShoppingService::NewStub(Keys::Get().BuyerChannel(more[0]));

  v1::PlaceOrderRequest order = InProcessStack::Order(2);
  order.mutable_expected_total()->set_currency_code("USD");
  order.mutable_expected_total()->set_minor_units(2140 + 490);
  Holder holder(stack);
  REQUIRE(IsAskedInVain(stack, slow, order));
  stack.postgres().Execute("shopping", "UPDATE delivery_options SET fee = fee + 100");
  // Whatever the other replica says meanwhile: a refusal it may only give if nothing comes after
  // it.
  const auto meanwhile = PlaceAt(fast, order, absl::Milliseconds(500));
  REQUIRE_FALSE(meanwhile.ok());
  holder.LetGo();
  const auto answer = PlaceAt(fast, order);
  REQUIRE(ReasonOf(answer.status()) == "TOTAL_CHANGED");
  // The slower one has had its turn when it answers about another order.
  REQUIRE(PlaceAt(slow, InProcessStack::Order(1)).ok());
  REQUIRE(Orders(stack) == "1");
  REQUIRE(stack.Stock("A") == "99");
  // The same answer, also when it would be another one now, and from both.
  stack.postgres().Execute("shopping", "UPDATE delivery_options SET fee = fee - 100");
  std::set<std::string> details;
  for (const Stub* stub : {&slow, &fast, &slow, &fast}) {
    REQUIRE(PlaceAt(*stub, order).status() == answer.status());
    v1::PlaceOrderResponse response;
    details.insert(
        (*stub)->PlaceOrder(InProcessStack::By("alice").get(), order, &response).error_details());
  }
  REQUIRE(details.size() == 1);
  order.mutable_ship_to()->add_lines("elsewhere");
  REQUIRE(ReasonOf(PlaceAt(fast, order).status()) == "REQUEST_ID_REUSED");
  replica->Drain();
}

TEST_CASE("an order whose caller has left before it was placed is not placed") {
  InProcessStack stack(nullptr, BePatient);
  stack.LoadProducts();
  const Stub stub = stack.shopping_stub();
  const v1::PlaceOrderRequest order = InProcessStack::Order(2);
  Holder holder(stack);
  REQUIRE(IsAskedInVain(stack, stub, order));
  holder.LetGo();
  REQUIRE(PlaceAt(stub, InProcessStack::Order(1)).ok());
  REQUIRE(Orders(stack) == "1");
  REQUIRE(stack.Stock("A") == "99");
  // Nothing was decided: it can still be ordered under the same id.
  REQUIRE(PlaceAt(stub, order).ok());
  REQUIRE(stack.Stock("A") == "97");
}

TEST_CASE("a cancellation that found nothing left to do stays one, whatever comes of the order") {
  InProcessStack stack;
  stack.LoadProducts();
  stack.StopDelivery();
  const std::string id = stack.Place(InProcessStack::Order(1))->trading_id();
  const Stub stub = stack.shopping_stub();
  v1::CancelOrderRequest cancel;
  cancel.set_trading_id(id);
  cancel.set_request_id(NewUuidV7(absl::Now()).ToString());
  const auto ask = [&] {
    v1::CancelOrderResponse response;
    return rpc::FromGrpc(stub->CancelOrder(InProcessStack::By("alice").get(), cancel, &response));
  };
  REQUIRE(ask().ok());
  cancel.set_request_id(NewUuidV7(absl::Now()).ToString());
  REQUIRE(ask().ok());
  stack.StartDelivery();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_CANCELED));
  REQUIRE(ask().ok());
  cancel.set_reason("another");
  REQUIRE(ReasonOf(ask()) == "REQUEST_ID_REUSED");
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM buyer_requests") == "2");
}

TEST_CASE(
    "a request about an order that was refused stays refused, whatever becomes of the order") {
  InProcessStack stack;
  stack.LoadProducts();
  stack.StopPayment();
  const auto placed = stack.Place(InProcessStack::Order(1));
  REQUIRE(placed.ok());
  const Stub stub = stack.shopping_stub();
  v1::ReturnProductsRequest request;
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  request.set_trading_id(placed->trading_id());
  request.add_lines()->set_sku("A");
  request.mutable_lines(0)->set_quantity(1);
  const auto ask = [&] {
    v1::ReturnProductsResponse response;
    return rpc::FromGrpc(
        stub->ReturnProducts(InProcessStack::By("alice").get(), request, &response));
  };
  const absl::Status refused = ask();
  REQUIRE(ReasonOf(refused) == "ORDER_STATE");
  stack.StartPayment();
  REQUIRE(stack.Reaches(placed->trading_id(), v1::ORDER_STATE_COMPLETED));
  REQUIRE(ask() == refused);
  request.set_reason("another");
  REQUIRE(ReasonOf(ask()) == "REQUEST_ID_REUSED");
  request.set_request_id(NewUuidV7(absl::Now()).ToString());
  REQUIRE(ask().ok());
  REQUIRE(ask().ok());
  REQUIRE(stack.Status(placed->trading_id()).order().returns_size() == 1);
}

}  // namespace
}  // namespace tallystick::testing
