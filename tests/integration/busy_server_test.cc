// The client's edge at a shop that has no room, or whose messages are too large.
#include "client-cli/remote/shop.h"
#include "tests/support/fake_shop.h"

namespace tallystick::testing {
namespace {

constexpr int64_t kOneHourMs = 3'600'000;

Shop ShopAt(const FakeShop& fake, absl::Duration retry_budget = kRetryBudget) {
  return Shop({"fake", fake.address(), "", "token"}, {"", "token"}, absl::Seconds(20),
              retry_budget);
}

std::vector<LedgerTrade> Orders(size_t count) {
  std::vector<LedgerTrade> trades(count);
  for (LedgerTrade& trade : trades) trade.request_id = NewUuidV7(absl::Now());
  return trades;
}

// Placed trades whose shopping service is the fake.
std::vector<LedgerTrade> Trades(const FakeShop& fake, size_t count) {
  std::vector<LedgerTrade> trades(count);
  for (LedgerTrade& trade : trades) {
    trade.information.emplace();
    trade.information->contents.trading_id = NewUuidV7(absl::Now());
    trade.information->services = {fake.address(), fake.address(), fake.address()};
  }
  return trades;
}

void Accept(const std::string& id, v1::PlaceOrderResult& result) {
  result.mutable_information()->set_trading_id(id);
}

TEST_CASE("busy: orders that the shop has no room for are sent again when it says so") {
  FakeShop fake;
  std::vector<int> sent;
  fake.OnPlace([&](const auto& request, auto& response) -> absl::Status {
    sent.push_back(request.requests_size());
    if (sent.size() == 1) return ComeBack("RATE_LIMITED", 1);
    for (const auto& order : request.requests()) {
      v1::PlaceOrderResult& result = *response.add_results();
      if (sent.size() == 2 && response.results_size() != 2) {
        *result.mutable_error() = rpc::ToProto(ComeBack("QUEUE_FULL", 1));
      } else {
        Accept(order.request_id(), result);
      }
    }
    return absl::OkStatus();
  });
  Shop shop = ShopAt(fake);
  const std::vector<LedgerTrade> orders = Orders(3);
  const auto answers = shop.PlaceOrders(orders);
  REQUIRE(answers.ok());
  REQUIRE(sent == std::vector<int>{3, 3, 2});
  for (size_t i = 0; i < orders.size(); ++i) {
    REQUIRE((*answers)[i].ok());
    REQUIRE((*answers)[i]->trading_id == orders[i].request_id.ToString());
  }
}

TEST_CASE("busy: it has an end, and a server that names a time beyond it is left alone") {
  FakeShop fake;
  int calls = 0;
  int after_ms = 0;
  fake.OnPlace([&](const auto&, auto&) {
    ++calls;
    return ComeBack("SERVER_FULL", after_ms);
  });
  Shop shop = ShopAt(fake, absl::Milliseconds(200));
  REQUIRE(absl::IsResourceExhausted(shop.PlaceOrders(Orders(1)).status()));
  // The first wait is 10 to 20 ms, and each is longer than half of the one before.
  REQUIRE(calls > 1);
  REQUIRE(calls <= 10);
  calls = 0;
  after_ms = kOneHourMs;
  REQUIRE(absl::IsResourceExhausted(shop.PlaceOrders(Orders(1)).status()));
  REQUIRE(calls == 1);
}

TEST_CASE("busy: statuses that the shop has no room for are asked for again") {
  FakeShop fake;
  std::vector<int> asked;
  fake.OnOrderStatuses([&](const auto& request, auto& response) -> absl::Status {
    asked.push_back(request.trading_ids_size());
    if (asked.size() == 1) return ComeBack("RATE_LIMITED", 1);
    for (const std::string& id : request.trading_ids()) {
      auto& result = *response.add_results();
      if (asked.size() == 2 && response.results_size() == 1) {
        *result.mutable_error() = rpc::ToProto(ComeBack("QUEUE_FULL", 1));
      } else {
        result.mutable_status()->set_trading_id(id);
      }
    }
    return absl::OkStatus();
  });
  Shop shop = ShopAt(fake);
  const std::vector<LedgerTrade> trades = Trades(fake, 2);
  const std::vector<TradeView> views = shop.Ask(trades);
  REQUIRE(asked == std::vector<int>{2, 2, 1});
  for (size_t i = 0; i < trades.size(); ++i) {
    REQUIRE(views[i].order.get() != nullptr);
    REQUIRE(views[i].order.status.trading_id == trades[i].information->contents.trading_id);
  }
}

TEST_CASE("statuses that do not fit into one message are asked for in parts") {
  FakeShop fake;
  std::vector<int> asked;
  fake.OnOrderStatuses([&](const auto& request, auto& response) {
    asked.push_back(request.trading_ids_size());
    for (const std::string& id : request.trading_ids()) {
      auto& status = *response.add_results()->mutable_status();
      status.set_trading_id(id);
      status.set_reason(std::string(6 << 20, 'x'));  // two of them fit
    }
    return absl::OkStatus();
  });
  Shop shop = ShopAt(fake);
  const std::vector<LedgerTrade> trades = Trades(fake, 5);
  const std::vector<TradeView> views = shop.Ask(trades);
  REQUIRE(asked == std::vector<int>{5, 2, 2, 1});
  for (size_t i = 0; i < trades.size(); ++i) {
    REQUIRE(views[i].order.get() != nullptr);
    REQUIRE(views[i].order.status.trading_id == trades[i].information->contents.trading_id);
  }
}

}  // namespace
}  // namespace tallystick::testing
