// Orders of a program at a shop that answers as the test makes up: every rule of an order by hand
// holds for them.
#include <fstream>

#include "client-cli/mcp/tools.h"
#include "tests/support/accepted_order.h"
#include "tests/support/fake_shop.h"
#include "tests/support/ledger_trades.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {
namespace {

// A program with the tools of a buyer who knows the fake shop.
class Buyer {
 public:
  Buyer() {
    std::ofstream(folder_ / "token") << "token\n";
    ledger_ = *Ledger::Open(folder_ / "ledger.db");
    REQUIRE(ledger_->PutProfile({"demo", fake_.address(), "", folder_ / "token"}, true).ok());
    fake_.OnListProducts([](const auto&, auto& response) {
      auto& product = *response.add_products();
      product.set_sku("CHAI");
      product.mutable_unit_price()->set_currency_code("USD");
      product.mutable_unit_price()->set_minor_units(100);
      response.add_delivery_options()->set_code("standard");
      return absl::OkStatus();
    });
  }

  mcp::ToolResult Order(const std::string& reference) {
    Json arguments{{"items", Json::array({{{"sku", "CHAI"}, {"quantity", 2}}})},
                   {"ship_to", Json::array({"Ann", " ", "City "})},
                   {"reference", reference}};
    return Call("order", arguments);
  }
  mcp::ToolResult Call(const std::string& name, const Json& arguments) {
    Context context{options_, *ledger_, Screen("json", true)};
    const mcp::Server server =
        mcp::MakeServer(context, {*mcp::ParseLimits({"3.00 USD"}, {"5.00 USD"}), "pm_of_the_user"});
    for (const mcp::Tool& tool : server.tools) {
      if (tool.name == name) return tool.call(arguments);
    }
    FAIL("there is no such tool");
    return {};
  }

  FakeShop& fake() { return fake_; }
  Ledger& ledger() { return *ledger_; }

 private:
  TempFolder folder_;
  FakeShop fake_;
  GlobalOptions options_;
  std::unique_ptr<Ledger> ledger_;
};

bool Says(const mcp::ToolResult& result, const std::string& words) {
  return result.words.find(words) != std::string::npos;
}

TEST_CASE(
    "mcp: an order stands in the ledger before it is sent, and the same call sends it again") {
  Buyer buyer;
  v1::PlaceOrderRequest sent;
  std::vector<LedgerTrade> written;
  buyer.fake().OnPlace([&](const auto& request, auto&) {
    written = TradesIn(buyer.ledger());
    sent = request.requests(0);
    return absl::UnavailableError("gone");
  });
  const mcp::ToolResult lost = buyer.Order("PO-1");
  REQUIRE(lost.failed);
  REQUIRE(lost.structured->at("unknown") == 1);
  REQUIRE(Says(lost, "Try the same call again later: it does nothing twice."));
  REQUIRE(written.size() == 1);
  REQUIRE(written[0].request_id.ToString() == sent.request_id());
  REQUIRE(sent.expected_total().minor_units() == 200);
  REQUIRE(sent.payment_method() == "pm_of_the_user");
  REQUIRE(sent.ship_to().lines_size() == 2);
  std::vector<std::string> ids;
  buyer.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) {
      ids.push_back(order.request_id());
      *response.add_results()->mutable_information() = ToProto(Accepted(order));
    }
    return absl::OkStatus();
  });
  const mcp::ToolResult found = buyer.Order("PO-1");
  REQUIRE_FALSE(found.failed);
  REQUIRE(found.structured->at("placed_before") == 1);
  REQUIRE(found.structured->at("trades")[0]["placement"] == "PLACED");
  REQUIRE(ids == std::vector<std::string>{sent.request_id()});
}

TEST_CASE("mcp: an order without an answer counts as spent") {
  Buyer buyer;
  int calls = 0;
  buyer.fake().OnPlace([&](const auto&, auto&) {
    ++calls;
    return absl::UnavailableError("gone");
  });
  REQUIRE(buyer.Order("PO-1").structured->at("unknown") == 1);
  REQUIRE(buyer.Order("PO-2").structured->at("unknown") == 1);
  const mcp::ToolResult third = buyer.Order("PO-3");
  REQUIRE(third.failed);
  REQUIRE(Says(third, "4.00 USD were ordered in the last 24 hours, in which at most 5.00 USD"));
  REQUIRE(TradesIn(buyer.ledger()).size() == 2);
  REQUIRE(calls > 0);
}

TEST_CASE("mcp: an answer with another total than the limits were held against is not taken") {
  Buyer buyer;
  buyer.fake().OnPlace([&](const auto& request, auto& response) {
    TradingInformation information = Accepted(request.requests(0));
    information.contents.lines[0].unit_price = 500;
    information.contents.lines[0].goods_amount = 1'000;
    information.contents.goods_total = 1'000;
    information.contents.total = 1'000;
    information.contents_digest = ContentsDigest(information.contents);
    *response.add_results()->mutable_information() = ToProto(information);
    return absl::OkStatus();
  });
  const mcp::ToolResult result = buyer.Order("PO-1");
  REQUIRE(result.failed);
  REQUIRE(result.structured->at("unknown") == 1);
  REQUIRE(TradesIn(buyer.ledger())[0].placement == Placement::kPending);
}

TEST_CASE("mcp: an order by hand that is refused just now is not ordered beyond the limits") {
  Buyer buyer;
  LedgerTrade by_hand;
  by_hand.profile = "demo";
  by_hand.create_time = absl::Now();
  by_hand.request_id = NewUuidV7(by_hand.create_time);
  by_hand.request.items = {{"CHAI", 2}};
  by_hand.request.ship_to.lines = {"Ann", "City"};
  by_hand.request.delivery_option = "standard";
  by_hand.request.terms = *ParseTerms("PREPAID");
  by_hand.request.payment_method = "pm_of_the_user";
  by_hand.request.reference = "PO-1";
  std::vector<LedgerTrade> written = {by_hand};
  REQUIRE(buyer.ledger().BeginSending(*buyer.ledger().FindProfile("demo"), written).ok());
  int calls = 0;
  buyer.fake().OnPlace([&](const auto&, auto& response) {
    ++calls;
    *response.add_results()->mutable_error() = rpc::ToProto(
        MakeError(absl::StatusCode::kFailedPrecondition, "OUT_OF_STOCK", "there is no more CHAI"));
    return absl::OkStatus();
  });
  const mcp::ToolResult result = buyer.Order("PO-1");
  REQUIRE(result.failed);
  REQUIRE(Says(result, "was refused just now. Nothing was ordered: call again"));
  REQUIRE(calls == 1);
}

}  // namespace
}  // namespace tallystick::testing
