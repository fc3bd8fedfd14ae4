// Placing orders at a shop that answers as the test makes up: none may be lost, and none placed
// twice.
#include "client-cli/commands/placing.h"

#include <fstream>

#include "client-cli/ledger/record.h"
#include "tests/support/fake_shop.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {
namespace {

constexpr size_t kBatch = 100;
// More than a client takes of one message.
constexpr size_t kFarTooMuch = size_t{17} << 20;

OrderRequest Request(const std::string& reference, const std::string& sku = "CHAI") {
  OrderRequest request;
  request.items = {{sku, 1}};
  request.ship_to.lines = {"Ann", "City"};
  request.payment_method = "pm_sandbox_ok";
  request.reference = reference;
  return request;
}

// What an honest shop says to an order.
TradingInformation Accepted(const v1::PlaceOrderRequest& proto) {
  const OrderRequest request = FromProto(proto);
  TradingInformation information;
  OrderContents& contents = information.contents;
  contents.trading_id = *ParseUuid(proto.request_id());
  contents.trading_id.bytes[6] = (contents.trading_id.bytes[6] & 0x0f) | 0x80;
  contents.buyer_reference = request.reference;
  contents.currency = "USD";
  for (const GoodsQuantity& item : request.items) {
    contents.lines.push_back({item.sku, item.sku, item.quantity, 100, 0, 100 * item.quantity, 0});
    contents.goods_total += 100 * item.quantity;
  }
  contents.total = contents.goods_total;
  contents.ship_to = request.ship_to;
  contents.delivery_option = request.delivery_option;
  contents.terms = request.terms;
  contents.order_time = absl::FromUnixMillis(absl::ToUnixMillis(absl::Now()));
  contents.promised_delivery_time = contents.order_time;
  information.services = {"127.0.0.1:1", "127.0.0.1:1", "127.0.0.1:1"};
  information.contents_digest = ContentsDigest(contents);
  information.trading_id = contents.trading_id.ToString();
  return information;
}

// A buyer with a ledger who knows the fake shop.
class Desk {
 public:
  Desk() {
    std::ofstream(folder_ / "token") << "token\n";
    ledger_ = OpenLedger();
    AddShop("demo");
  }

  std::unique_ptr<Ledger> OpenLedger() const {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(folder_ / "ledger.db");
    INFO(ledger.status().ToString());
    REQUIRE(ledger.ok());
    return *std::move(ledger);
  }
  Profile AddShop(const std::string& name) {
    const Profile profile{name, fake_.address(), "", folder_ / "token"};
    REQUIRE(ledger_->PutProfile(profile, false).ok());
    return profile;
  }
  PlacingResult Place(std::vector<OrderRequest> requests, size_t batch = kBatch,
                      const std::string& profile = "demo") {
    Context context = MakeContext();
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    REQUIRE(shop.ok());
    absl::StatusOr<PlacingResult> result = PlaceAll(context, *shop, std::move(requests), batch);
    INFO(result.status().ToString());
    REQUIRE(result.ok());
    return *std::move(result);
  }
  PlacingResult Sync(const std::string& profile = "demo") {
    Context context = MakeContext();
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    REQUIRE(shop.ok());
    return SendPending(context, *shop);
  }
  Context MakeContext() { return {options_, *ledger_, Screen(true, true)}; }

  // The shop accepts every order, and counts those that it had not had before.
  void Honest() {
    fake_.OnPlace([this](const auto& request, auto& response) {
      for (const auto& order : request.requests()) Accept(order, response);
      return absl::OkStatus();
    });
  }
  void Accept(const v1::PlaceOrderRequest& order, v1::BatchPlaceOrdersResponse& response) {
    const auto [at, first] = placed_.emplace(order.request_id(), Accepted(order));
    *response.add_results()->mutable_information() = ToProto(at->second);
  }
  size_t placed() const { return placed_.size(); }

  FakeShop& fake() { return fake_; }
  Ledger& ledger() { return *ledger_; }
  GlobalOptions& options() { return options_; }

 private:
  TempFolder folder_;
  FakeShop fake_;
  std::map<std::string, TradingInformation> placed_;
  GlobalOptions options_;
  std::unique_ptr<Ledger> ledger_;
};

absl::Status TokenExpired() {
  return MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_EXPIRED", "the token has expired");
}

TEST_CASE("placing: a token that expires between two tries refuses no order") {
  Desk desk;
  int calls = 0;
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    if (++calls > 1) return TokenExpired();
    for (const auto& order : request.requests()) {
      if (order.buyer_reference() == "PO-1") {
        desk.Accept(order, response);
      } else {
        *response.add_results()->mutable_error() = rpc::ToProto(ComeBack("QUEUE_FULL", 1));
      }
    }
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Place({Request("PO-1"), Request("PO-2")});
  REQUIRE(calls == 2);
  REQUIRE(result.placed == 1);
  REQUIRE(result.refused == 0);
  REQUIRE(result.pending == 1);
  REQUIRE(absl::IsUnauthenticated(result.failure));
  REQUIRE(desk.ledger().Pending("demo").size() == 1);
  desk.Honest();
  REQUIRE(desk.Place({Request("PO-1"), Request("PO-2")}).placed_before == 2);
  REQUIRE(desk.placed() == 2);
}

TEST_CASE("placing: nor does an order that is answered with who may ask") {
  Desk desk;
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (int i = 0; i < request.requests_size(); ++i) {
      *response.add_results()->mutable_error() = rpc::ToProto(
          MakeError(absl::StatusCode::kPermissionDenied, "OPERATOR_ONLY", "this is not for you"));
    }
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Place({Request("PO-1")});
  REQUIRE(result.pending == 1);
  REQUIRE(absl::IsPermissionDenied(result.failure));
}

TEST_CASE("placing: what is wrong with a message of a later try refuses no order in it") {
  Desk desk;
  int calls = 0;
  desk.fake().OnPlace([&](const auto& request, auto& response) -> absl::Status {
    if (++calls > 1) return InvalidField("requests", "there is something in it");
    for (const auto& order : request.requests()) {
      if (order.buyer_reference() == "PO-1") {
        desk.Accept(order, response);
      } else {
        *response.add_results()->mutable_error() = rpc::ToProto(ComeBack("QUEUE_FULL", 1));
      }
    }
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Place({Request("PO-1"), Request("PO-2"), Request("PO-3")});
  REQUIRE(result.placed == 1);
  REQUIRE(result.refused == 0);
  REQUIRE(result.pending == 2);
}

TEST_CASE("placing: orders whose answer was too large may be placed, whatever comes then") {
  Desk desk;
  int calls = 0;
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    if (++calls > 1) return TokenExpired();
    for (const auto& order : request.requests()) desk.Accept(order, response);
    response.mutable_results(0)->mutable_information()->set_trading_id(
        std::string(kFarTooMuch, 'x'));
    return absl::OkStatus();
  });
  REQUIRE(desk.Place({Request("PO-1"), Request("PO-2")}).pending == 2);
  REQUIRE(calls == 2);
  for (const LedgerTrade& trade : desk.ledger().Pending("demo")) {
    REQUIRE(trade.sendings > 0);
    REQUIRE_FALSE(desk.ledger().Drop(trade, false).ok());
  }
}

}  // namespace
}  // namespace tallystick::testing
