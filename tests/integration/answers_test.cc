// Answers are bounded in bytes, not only in number: pages, batches, and what a caller leaves
// unread.
#include "client-cli/remote/back_office.h"
#include "platform/calls/ask.h"
#include "tests/support/in_process_stack.h"
#include "tests/support/raw_http2.h"

namespace tallystick::testing {
namespace {

constexpr int kLines = 200;
constexpr int kOrders = 200;

std::string Sku(int i) { return "SKU-" + std::string(50, 'x') + "-" + std::to_string(i); }

void LoadManyProducts(Shop shop) {
  BackOffice back(shop);
  std::vector<CatalogueProduct> products;
  std::vector<StockDelta> stock;
  for (int i = 0; i < kLines; ++i) {
    products.push_back({Sku(i), "Product", "", {"USD", 100}, 700});
    stock.push_back({Sku(i), 1'000'000});
  }
  REQUIRE(back.UpsertProducts(products).ok());
  REQUIRE(back.AdjustStock(NewUuidV7(absl::Now()), stock).ok());
}

v1::BatchPlaceOrdersRequest LargeOrders(int count) {
  v1::BatchPlaceOrdersRequest batch;
  for (int i = 0; i < count; ++i) {
    v1::PlaceOrderRequest& order = *batch.add_requests();
    order = InProcessStack::Order();
    order.clear_items();
    for (int line = 0; line < kLines; ++line) {
      auto* item = order.add_items();
      item->set_sku(Sku(line));
      item->set_quantity(1);
    }
  }
  return batch;
}

TEST_CASE("answers: a batch holds so many bytes, and says what to ask for again") {
  InProcessStack stack;
  LoadManyProducts(stack.ShopOf("operator:bob"));
  const auto stub = stack.shopping_stub();
  const v1::BatchPlaceOrdersRequest orders = LargeOrders(kOrders);
  // What has no room in the answer is placed all the same; asked for again, it is the same order.
  std::map<std::string, std::string> placed;  // by request id
  v1::BatchPlaceOrdersRequest again = orders;
  int rounds = 0;
  while (again.requests_size() > 0) {
    v1::BatchPlaceOrdersResponse response;
    REQUIRE(stub->BatchPlaceOrders(InProcessStack::By("alice").get(), again, &response).ok());
    REQUIRE(response.ByteSizeLong() < rpc::kMaxAnswerBytes + 100'000);
    REQUIRE(response.results_size() == again.requests_size());
    v1::BatchPlaceOrdersRequest rest;
    for (int i = 0; i < response.results_size(); ++i) {
      const v1::PlaceOrderResult& result = response.results(i);
      if (result.has_information()) {
        REQUIRE(placed.emplace(again.requests(i).request_id(), result.information().trading_id())
                    .second);
      } else {
        REQUIRE(GetErrorDetail(rpc::FromProto(result.error())).reason == "ANSWER_FULL");
        *rest.add_requests() = again.requests(i);
      }
    }
    REQUIRE(rest.requests_size() < again.requests_size());
    again = rest;
    ++rounds;
  }
  REQUIRE(rounds > 1);
  REQUIRE(placed.size() == kOrders);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") ==
          std::to_string(kOrders));

  // The same of statuses, for which tally itself asks again.
  v1::BatchGetTradingStatusesRequest statuses;
  for (const auto& [request_id, trading_id] : placed) statuses.add_trading_ids(trading_id);
  v1::BatchGetTradingStatusesResponse response;
  REQUIRE(
      stub->BatchGetTradingStatuses(InProcessStack::By("alice").get(), statuses, &response).ok());
  REQUIRE(response.ByteSizeLong() < rpc::kMaxAnswerBytes + 100'000);
  int full = 0;
  for (const auto& result : response.results()) {
    if (!result.has_error()) continue;
    REQUIRE(GetErrorDetail(rpc::FromProto(result.error())).reason == "ANSWER_FULL");
    ++full;
  }
  REQUIRE(full > 0);

  // A page ends where it is full, and the next begins there.
  std::set<std::string> listed;
  v1::ListTradesRequest list;
  list.set_page_size(1000);
  REQUIRE(WaitUntil([&] {
    return stack.postgres().Ask("shopping", "SELECT count(*) FROM trades_by_buyer") ==
           std::to_string(kOrders);
  }));
  int pages = 0;
  do {
    v1::ListTradesResponse page;
    REQUIRE(stub->ListTrades(InProcessStack::By("alice").get(), list, &page).ok());
    REQUIRE(page.ByteSizeLong() <= rpc::kMaxAnswerBytes);
    REQUIRE(page.trades_size() > 0);
    for (const auto& trade : page.trades()) REQUIRE(listed.insert(trade.trading_id()).second);
    list.set_page_token(page.next_page_token());
    ++pages;
  } while (!list.page_token().empty());
  REQUIRE(pages > 1);
  REQUIRE(listed.size() == kOrders);
}

TEST_CASE("answers: what a caller does not read is bounded in bytes, for that caller alone") {
  InProcessStack stack(nullptr, [](rpc::ServerSettings& settings) {
    settings.ports.plaintext_loopback = true;
    settings.caller_limits.max_unread_bytes_per_caller = 30'000;
  });
  const auto shop_of = [&](const std::string& who) {
    return Shop({"shop", stack.address(0), "", ""}, {"", Keys::Get().Token(who)},
                absl::Seconds(20));
  };
  LoadManyProducts(shop_of("operator:bob"));
  const auto stub = v1::ShoppingService::NewStub(
      rpc::MakeChannel(stack.address(0), grpc::InsecureChannelCredentials()));
  v1::ListProductsRequest request;
  request.set_page_size(kLines);
  const auto list = [&](const std::string& who) {
    v1::ListProductsResponse response;
    return GetErrorDetail(
               rpc::FromGrpc(stub->ListProducts(InProcessStack::By(who).get(), request, &response)))
        .reason;
  };
  REQUIRE(list("mallory") == "");
  const auto& limits = stack.shopping().gate().limits();
  REQUIRE(WaitUntil([&] { return limits.unread_bytes() == 0; }));
  {
    // A reader whose window is never open. One answer of its own is never too large.
    RawConnection idle(stack.address(0));
    REQUIRE(idle.Send(http2::Preface() + http2::CloseWindow()));
    REQUIRE(idle.Send(http2::Call(1, "/tallystick.v1.ShoppingService/ListProducts",
                                  Keys::Get().Token("mallory"), request.SerializeAsString())));
    REQUIRE(WaitUntil([&] { return limits.unread_bytes() > 0; }));
    for (int i = 0; i < 20; ++i) REQUIRE(list("mallory") == "ANSWERS_UNREAD");
    REQUIRE(list("bob") == "");
  }
  REQUIRE(WaitUntil([&] { return list("mallory") == ""; }));
}

}  // namespace
}  // namespace tallystick::testing
