// Orders through the real servers on a real PostgreSQL.
#include <grpcpp/generic/generic_stub.h>

#include <set>

#include "platform/error/error.h"
#include "platform/transport/status.h"
#include "tests/support/in_process_stack.h"

namespace tallystick::testing {
namespace {

std::string ReasonOf(const absl::Status& status) { return GetErrorDetail(status).reason; }
std::string FieldOf(const absl::Status& status) { return GetErrorDetail(status).values["field"]; }

TEST_CASE("an order runs from ACCEPTED to COMPLETED, and repeating it changes nothing") {
  InProcessStack stack;
  stack.LoadProducts();
  const v1::PlaceOrderRequest order = InProcessStack::Order(3);
  const auto first = stack.Place(order);
  REQUIRE(first.ok());
  REQUIRE(first->contents().total().minor_units() == 3000 + 210 + 490);
  REQUIRE(first->services().payment() == stack.address(1));
  REQUIRE(stack.Reaches(first->trading_id(), v1::ORDER_STATE_COMPLETED));

  const v1::TradingStatus status = stack.Status(first->trading_id());
  REQUIRE(status.payment().captured().minor_units() == 3700);
  REQUIRE(status.payment().state() == v1::PAYMENT_STATE_CAPTURED);
  REQUIRE(status.delivery().state() == v1::DELIVERY_STATE_DELIVERED);
  REQUIRE(status.delivery().contents_digest() == first->contents_digest());

  const auto again = stack.Place(order);
  REQUIRE(again.ok());
  REQUIRE(again->SerializeAsString() == first->SerializeAsString());
  REQUIRE(stack.Stock("A") == "97");
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");

  v1::PlaceOrderRequest other = order;
  other.mutable_items(0)->set_quantity(4);
  const auto reused = stack.Place(other);
  REQUIRE(reused.status().code() == absl::StatusCode::kInvalidArgument);
  REQUIRE(ReasonOf(reused.status()) == "REQUEST_ID_REUSED");
  REQUIRE(stack.Stock("A") == "97");

  // The same request id of another buyer is another order.
  const auto others = stack.Place(order, "bob");
  REQUIRE(others.ok());
  REQUIRE(others->trading_id() != first->trading_id());
}

TEST_CASE("declined and refused orders are rejected and everything is undone") {
  InProcessStack stack;
  stack.LoadProducts();
  v1::PlaceOrderRequest declined = InProcessStack::Order();
  declined.set_payment_method("pm_sandbox_declined");
  v1::PlaceOrderRequest refused = InProcessStack::Order();
  refused.mutable_ship_to()->add_lines("SANDBOX-REFUSE");
  v1::PlaceOrderRequest slow = InProcessStack::Order();
  slow.set_payment_method("pm_sandbox_timeout");
  const std::string declined_id = stack.Place(declined)->trading_id();
  const std::string refused_id = stack.Place(refused)->trading_id();
  const std::string slow_id = stack.Place(slow)->trading_id();
  REQUIRE(stack.Reaches(declined_id, v1::ORDER_STATE_REJECTED));
  REQUIRE(stack.Reaches(refused_id, v1::ORDER_STATE_REJECTED));
  REQUIRE(stack.Reaches(slow_id, v1::ORDER_STATE_COMPLETED));
  REQUIRE(WaitUntil([&] {
    return stack.Status(refused_id).payment().state() == v1::PAYMENT_STATE_VOIDED &&
           stack.Status(declined_id).delivery().state() == v1::DELIVERY_STATE_CANCELED;
  }));
  REQUIRE(stack.Status(refused_id).payment().due().minor_units() == 0);
  REQUIRE(stack.Stock("A") == "98");
  REQUIRE(stack.IsQuiet());
}

TEST_CASE("bad orders get an error that names the field, and nothing is stored") {
  InProcessStack stack;
  stack.LoadProducts();
  const auto error = [&](auto change) {
    v1::PlaceOrderRequest order = InProcessStack::Order();
    change(order);
    const auto answer = stack.Place(order);
    REQUIRE_FALSE(answer.ok());
    return answer.status();
  };
  REQUIRE(FieldOf(error([](auto& o) { o.mutable_items(0)->set_sku("NOPE"); })) == "items[0].sku");
  REQUIRE(FieldOf(error([](auto& o) { o.mutable_items(0)->set_quantity(0); })) ==
          "items[0].quantity");
  REQUIRE(FieldOf(error([](auto& o) { o.mutable_items(0)->set_quantity(-3); })) ==
          "items[0].quantity");
  REQUIRE(FieldOf(error([](auto& o) { o.mutable_items(0)->set_quantity(INT64_MAX); })) ==
          "items[0].quantity");
  REQUIRE(FieldOf(error([](auto& o) { o.clear_items(); })) == "items");
  REQUIRE(FieldOf(error([](auto& o) { o.set_request_id("not-a-uuid"); })) == "request_id");
  REQUIRE(FieldOf(error([](auto& o) { o.set_request_id(""); })) == "request_id");
  REQUIRE(FieldOf(error([](auto& o) {
            o.mutable_ship_to()->set_lines(0, std::string(999, 'x'));
          })) == "ship_to.lines[0]");
  REQUIRE(FieldOf(error([](auto& o) { o.clear_ship_to(); })) == "ship_to.lines");
  REQUIRE(FieldOf(error([](auto& o) { o.set_delivery_option("drone"); })) == "delivery_option");
  const absl::Status out = error([](auto& o) { o.mutable_items(0)->set_quantity(101); });
  REQUIRE(ReasonOf(out) == "OUT_OF_STOCK");
  REQUIRE(FieldOf(out) == "items[0].quantity");
  const absl::Status total = error([](auto& o) {
    o.mutable_expected_total()->set_currency_code("USD");
    o.mutable_expected_total()->set_minor_units(1);
  });
  REQUIRE(ReasonOf(total) == "TOTAL_CHANGED");
  REQUIRE(FieldOf(total) == "expected_total");
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders WHERE revision > 0") ==
          "0");
  REQUIRE(stack.Stock("A") == "100");
}

// The answer's bytes to a call of `path` with `body`.
absl::StatusOr<std::string> RawCall(const std::shared_ptr<grpc::Channel>& channel,
                                    const std::string& path, const std::string& body) {
  grpc::GenericStub stub(channel);
  grpc::Slice slice(body);
  grpc::ByteBuffer request(&slice, 1);
  auto context = InProcessStack::By("alice");
  grpc::CompletionQueue queue;
  grpc::ByteBuffer response;
  grpc::Status status;
  auto reader = stub.PrepareUnaryCall(context.get(), path, request, &queue);
  reader->StartCall();
  reader->Finish(&response, &status, nullptr);
  void* tag;
  bool ok;
  queue.Next(&tag, &ok);
  if (!status.ok()) return rpc::FromGrpc(status);
  grpc::Slice whole;
  if (!response.DumpToSingleSlice(&whole).ok()) return "";
  return std::string(reinterpret_cast<const char*>(whole.begin()), whole.size());
}

TEST_CASE("text that is not UTF-8 is INVALID_ARGUMENT, unknown fields are ignored") {
  InProcessStack stack;
  stack.LoadProducts();
  v1::PlaceOrderRequest order = InProcessStack::Order();
  order.set_buyer_reference("REF");
  std::string bytes = order.SerializeAsString();
  bytes.replace(bytes.find("REF"), 1, "\xff");
  const auto call = [&](const std::string& body) {
    return RawCall(Keys::Get().BuyerChannel(stack.address(0)),
                   "/tallystick.v1.ShoppingService/PlaceOrder", body)
        .status();
  };
  const absl::Status broken = call(bytes);
  REQUIRE(broken.code() == absl::StatusCode::kInvalidArgument);
  REQUIRE(ReasonOf(broken) == "MALFORMED_MESSAGE");
  REQUIRE(FieldOf(broken) == "buyer_reference");
  REQUIRE(call("\xff\xff\xff").code() == absl::StatusCode::kInvalidArgument);
  // Field 999, a varint: of a newer client.
  REQUIRE(call(order.SerializeAsString() + std::string("\xb8\x3e\x01", 3)).ok());
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
}

TEST_CASE("a batch answers each order on its own, also the same one twice") {
  InProcessStack stack;
  stack.LoadProducts();
  v1::BatchPlaceOrdersRequest batch;
  *batch.add_requests() = InProcessStack::Order(60);
  *batch.add_requests() = InProcessStack::Order(60);  // more than is left
  *batch.add_requests() = InProcessStack::Order(40);
  *batch.add_requests() = batch.requests(0);
  *batch.add_requests() = InProcessStack::Order(0);
  v1::BatchPlaceOrdersResponse response;
  REQUIRE(stack.shopping_stub()
              ->BatchPlaceOrders(InProcessStack::By("alice").get(), batch, &response)
              .ok());
  REQUIRE(response.results_size() == 5);
  REQUIRE(response.results(0).has_information());
  REQUIRE(ReasonOf(rpc::FromProto(response.results(1).error())) == "OUT_OF_STOCK");
  REQUIRE(response.results(2).has_information());
  REQUIRE(response.results(3).information().trading_id() ==
          response.results(0).information().trading_id());
  REQUIRE(FieldOf(rpc::FromProto(response.results(4).error())) == "items[0].quantity");
  REQUIRE(stack.Stock("A") == "0");

  v1::BatchPlaceOrdersRequest empty;
  REQUIRE_FALSE(stack.shopping_stub()
                    ->BatchPlaceOrders(InProcessStack::By("alice").get(), empty, &response)
                    .ok());
}

TEST_CASE("another buyer's trade and one that does not exist get the same answer everywhere") {
  InProcessStack stack;
  stack.LoadProducts();
  const std::string id = stack.Place(InProcessStack::Order())->trading_id();
  REQUIRE(stack.Reaches(id, v1::ORDER_STATE_COMPLETED));
  const std::string unknown = NewUuidV7(absl::Now()).ToString();
  const auto ask = [&](auto stub, auto method, auto request, auto response,
                       const std::string& trading_id, const std::string& token) {
    request.set_trading_id(trading_id);
    const grpc::Status status =
        ((*stub).*method)(InProcessStack::By(token).get(), request, &response);
    return std::make_pair(status.error_code(), status.error_message() + status.error_details());
  };
  const auto check = [&](auto make_stub, auto method, auto request, auto response) {
    REQUIRE(ask(make_stub(), method, request, response, id, "alice").first == grpc::OK);
    const auto foreign = ask(make_stub(), method, request, response, id, "mallory");
    REQUIRE(foreign.first == grpc::NOT_FOUND);
    REQUIRE(foreign == ask(make_stub(), method, request, response, unknown, "alice"));
    REQUIRE(ask(make_stub(), method, request, response, "rubbish", "alice").first ==
            grpc::INVALID_ARGUMENT);
  };
  const auto shopping = [&] { return stack.shopping_stub(); };
  check(shopping, &v1::ShoppingService::Stub::GetOrderStatus, v1::GetOrderStatusRequest(),
        v1::GetOrderStatusResponse());
  check(shopping, &v1::ShoppingService::Stub::GetTradingInformation,
        v1::GetTradingInformationRequest(), v1::GetTradingInformationResponse());
  check(shopping, &v1::ShoppingService::Stub::GetTradingStatus, v1::GetTradingStatusRequest(),
        v1::GetTradingStatusResponse());
  check([&] { return v1::PaymentService::NewStub(Keys::Get().BuyerChannel(stack.address(1))); },
        &v1::PaymentService::Stub::GetPaymentStatus, v1::GetPaymentStatusRequest(),
        v1::GetPaymentStatusResponse());
  check([&] { return v1::DeliveryService::NewStub(Keys::Get().BuyerChannel(stack.address(2))); },
        &v1::DeliveryService::Stub::GetDeliveryStatus, v1::GetDeliveryStatusRequest(),
        v1::GetDeliveryStatusResponse());
}

TEST_CASE("no token: no order, no operator: no back office, no peer service on the public port") {
  InProcessStack stack;
  stack.LoadProducts();
  grpc::ClientContext nobody;
  v1::PlaceOrderResponse placed;
  REQUIRE(
      stack.shopping_stub()->PlaceOrder(&nobody, InProcessStack::Order(), &placed).error_code() ==
      grpc::UNAUTHENTICATED);
  Shop as_buyer = stack.ShopOf("alice");
  BackOffice buyer(as_buyer);
  REQUIRE(buyer.AdjustStock(NewUuidV7(absl::Now()), std::vector<StockDelta>{{"A", 1}}).code() ==
          absl::StatusCode::kPermissionDenied);
  auto intake = v1::ReportIntake::NewStub(Keys::Get().BuyerChannel(stack.address(0)));
  v1::ApplyReportsResponse response;
  REQUIRE(intake->ApplyReports(InProcessStack::By("alice").get(), {}, &response).error_code() ==
          grpc::UNIMPLEMENTED);
}

TEST_CASE("stock is adjusted all or none, once for each request id") {
  InProcessStack stack;
  stack.LoadProducts();
  Shop shop = stack.ShopOf("operator:bob");
  BackOffice back(shop);
  const Uuid request = NewUuidV7(absl::Now());
  const std::vector<StockDelta> deltas = {{"A", 5}, {"B", -5}};
  REQUIRE(back.AdjustStock(request, deltas).ok());
  REQUIRE(back.AdjustStock(request, deltas).ok());
  REQUIRE(stack.Stock("A") == "105");
  REQUIRE(ReasonOf(back.AdjustStock(request, std::vector<StockDelta>{{"A", 6}})) ==
          "REQUEST_ID_REUSED");
  REQUIRE(ReasonOf(back.AdjustStock(NewUuidV7(absl::Now()),
                                    std::vector<StockDelta>{{"A", 1}, {"B", -1000}})) ==
          "OUT_OF_STOCK");
  REQUIRE(ReasonOf(back.AdjustStock(NewUuidV7(absl::Now()),
                                    std::vector<StockDelta>{{"A", 1}, {"NOPE", 1}})) ==
          "UNKNOWN_SKU");
  REQUIRE(stack.Stock("A") == "105");
  REQUIRE(stack.Stock("B") == "95");
}

TEST_CASE("the health check is on both ports") {
  InProcessStack stack;
  const std::string kServers[] = {"shopping", "payment", "delivery"};
  for (const int port : {0, 1, 2, 3, 4, 5}) {
    const auto channel =
        port < 3 ? Keys::Get().BuyerChannel(stack.address(port))
                 : Keys::Get().PeerChannel("payment", kServers[port - 3], stack.address(port));
    // HealthCheckResponse{status: SERVING}
    REQUIRE(RawCall(channel, "/grpc.health.v1.Health/Check", "").value() ==
            std::string("\x08\x01", 2));
    // HealthCheckRequest{service: "no"}
    REQUIRE(RawCall(channel, "/grpc.health.v1.Health/Check", "\x0a\x02no").status().code() ==
            absl::StatusCode::kNotFound);
  }
  REQUIRE(RawCall(Keys::Get().BuyerChannel(stack.address(0)),
                  "/tallystick.v1.ShoppingService/Nothing", "")
              .status()
              .code() == absl::StatusCode::kUnimplemented);
}

TEST_CASE("products are listed in pages") {
  InProcessStack stack;
  stack.LoadProducts();
  v1::ListProductsRequest request;
  request.set_page_size(1);
  std::vector<std::string> skus;
  do {
    v1::ListProductsResponse response;
    REQUIRE(stack.shopping_stub()
                ->ListProducts(InProcessStack::By("alice").get(), request, &response)
                .ok());
    REQUIRE(response.delivery_options_size() == 3);
    for (const auto& product : response.products()) skus.push_back(product.sku());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  REQUIRE(skus == std::vector<std::string>{"A", "B"});
  request.set_page_size(-1);
  v1::ListProductsResponse response;
  REQUIRE(stack.shopping_stub()
              ->ListProducts(InProcessStack::By("alice").get(), request, &response)
              .error_code() == grpc::INVALID_ARGUMENT);
}

}  // namespace
}  // namespace tallystick::testing
