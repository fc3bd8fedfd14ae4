// Placing orders at a shop that answers as the test makes up: none may be lost, and none placed
// twice.
#include "client-cli/commands/orders/placing.h"

#include <fstream>

#include "tests/support/accepted_order.h"
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
  // As `tally order` does: what became of it is told.
  PlacingResult Order(const OrderRequest& request) {
    PlacingResult result = Place({request});
    const Context context = MakeContext();
    ShowPlacing(context, result, true);
    return result;
  }
  void Execute(const std::string& sql) const {
    SQLite::Database(folder_ / "ledger.db", SQLite::OPEN_READWRITE, 10'000).exec(sql);
  }
  PlacingResult Sync(const std::string& profile = "demo") {
    Context context = MakeContext();
    absl::StatusOr<Shop> shop = context.OpenShop(profile);
    REQUIRE(shop.ok());
    return SendPending(context, *shop);
  }
  Context MakeContext() { return {options_, *ledger_, Screen("json", true)}; }

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

// Another run begins to send an order.
LedgerTrade Begin(Ledger& ledger, const OrderRequest& request) {
  LedgerTrade trade;
  trade.profile = "demo";
  trade.create_time = absl::Now();
  trade.request_id = NewUuidV7(trade.create_time);
  trade.request = request;
  std::vector<LedgerTrade> trades = {trade};
  REQUIRE(ledger.BeginSending(*ledger.FindProfile("demo"), trades).ok());
  REQUIRE(trades.size() == 1);
  return trades[0];
}

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

TEST_CASE("placing: what sync had the answer to is not ordered again by the same command") {
  Desk desk;
  // The shop has it, and the answer is lost.
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) desk.Accept(order, response);
    return absl::UnavailableError("gone");
  });
  REQUIRE(desk.Order(Request("")).pending == 1);
  desk.Honest();
  REQUIRE(desk.Sync().placed == 1);
  REQUIRE(desk.Order(Request("")).placed_before == 1);
  REQUIRE(desk.placed() == 1);
  // That was told; the command once more orders once more.
  REQUIRE(desk.Order(Request("")).placed == 1);
  REQUIRE(desk.Order(Request("")).placed == 1);
  REQUIRE(desk.placed() == 3);
}

TEST_CASE("placing: nor if sync had the answer before the command had said that it had none") {
  Desk desk;
  desk.fake().OnPlace([](const auto&, auto&) { return absl::UnavailableError("gone"); });
  const PlacingResult unknown = desk.Place({Request("")});
  desk.Honest();
  REQUIRE(desk.Sync().placed == 1);
  const Context context = desk.MakeContext();
  REQUIRE(ShowPlacing(context, unknown, true) == kUnreachable);
  REQUIRE(desk.Order(Request("")).placed_before == 1);
  REQUIRE(desk.placed() == 1);
}

TEST_CASE("placing: nor if the other command tells it while this one waits for the shop") {
  Desk desk;
  const auto other = desk.OpenLedger();
  // Another command has sent the order, and the answer comes, and is told, only now.
  LedgerTrade theirs = Begin(*other, Request(""));
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) desk.Accept(order, response);
    std::vector<LedgerTrade> told = {theirs};
    told[0].placement = Placement::kPlaced;
    told[0].information = FromProto(response.results(0).information());
    told[0].place_time = absl::Now();
    REQUIRE(other->RecordPlacements(told).ok());
    other->MarkReported(told);
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Order(Request(""));
  REQUIRE(result.placed == 0);
  REQUIRE(result.placed_before == 1);
  REQUIRE(desk.placed() == 1);
}

TEST_CASE("placing: nor if that was written, answered and told while this one waits for the shop") {
  Desk desk;
  const auto other = desk.OpenLedger();
  Begin(*other, Request("PO-1"));
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) desk.Accept(order, response);
    if (request.requests(0).buyer_reference() != "PO-1") return absl::OkStatus();
    LedgerTrade theirs = Begin(*other, Request(""));
    v1::PlaceOrderRequest order = ToProto(theirs.request, theirs.request_id);
    v1::BatchPlaceOrdersResponse answer;
    desk.Accept(order, answer);
    theirs.placement = Placement::kPlaced;
    theirs.information = FromProto(answer.results(0).information());
    theirs.place_time = absl::Now();
    std::vector<LedgerTrade> told = {theirs};
    REQUIRE(other->RecordPlacements(told).ok());
    other->MarkReported(told);
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Order(Request(""));
  REQUIRE(result.placed == 0);
  REQUIRE(result.placed_before == 1);
  REQUIRE(desk.placed() == 2);
}

TEST_CASE("placing: nor if another command begins with the same just before it is written down") {
  Desk desk;
  const auto other = desk.OpenLedger();
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) {
      if (order.buyer_reference() == "PO-1") Begin(*other, Request(""));
      desk.Accept(order, response);
    }
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Place({Request("PO-1"), Request(""), Request("")}, 1);
  // What this command orders twice, it orders twice.
  REQUIRE(result.placed == 2);
  REQUIRE(result.placed_before == 1);
  REQUIRE(desk.placed() == 3);
  REQUIRE(desk.ledger().Pending("demo").empty());
}

TEST_CASE("placing: an order that only differs in its reference or goods is another one") {
  Desk desk;
  desk.fake().OnPlace([](const auto&, auto&) { return absl::UnavailableError("gone"); });
  REQUIRE(desk.Order(Request("")).pending == 1);
  desk.Honest();
  REQUIRE(desk.Sync().placed == 1);
  REQUIRE(desk.Order(Request("PO-1")).placed == 1);
  REQUIRE(desk.Order(Request("", "CHANG")).placed == 1);
  REQUIRE(desk.placed() == 3);
}

TEST_CASE("placing: one order whose answer is not taken holds up no others of its file") {
  Desk desk;
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) {
      desk.Accept(order, response);
      if (order.buyer_reference() == "PO-1") {
        response.mutable_results(response.results_size() - 1)
            ->mutable_information()
            ->set_trading_id("another");
      }
    }
    return absl::OkStatus();
  });
  const std::vector<OrderRequest> file = {Request("PO-1"), Request("PO-2"), Request("PO-3")};
  const PlacingResult first = desk.Place(file, 1);
  REQUIRE(first.placed == 2);
  REQUIRE(first.pending == 1);
  REQUIRE(absl::IsInternal(first.failure));
  // Nor when it is left from an earlier run.
  std::vector<OrderRequest> longer = file;
  longer.push_back(Request("PO-4"));
  const PlacingResult second = desk.Place(longer, 1);
  REQUIRE(second.placed == 1);
  REQUIRE(second.placed_before == 2);
  REQUIRE(second.pending == 1);
  REQUIRE(second.not_sent == 0);
  REQUIRE_FALSE(second.failure.ok());
}

TEST_CASE("placing: what is not sent because the shop is gone is counted") {
  Desk desk;
  desk.fake().OnPlace([](const auto&, auto&) { return absl::UnavailableError("gone"); });
  const PlacingResult result = desk.Place({Request("PO-1"), Request("PO-2"), Request("PO-3")}, 1);
  REQUIRE(result.pending == 1);
  REQUIRE(result.not_sent == 2);
  REQUIRE(desk.ledger().LatestPlaced(9).empty());
  REQUIRE(desk.ledger().Pending().size() == 1);
  desk.Honest();
  REQUIRE(desk.Place({Request("PO-1"), Request("PO-2"), Request("PO-3")}, 1).placed == 2);
}

TEST_CASE("placing: a reference that another run takes for another order keeps no others back") {
  Desk desk;
  const auto other = desk.OpenLedger();
  // While the first is sent, another run writes PO-5 with other goods.
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) {
      if (order.buyer_reference() == "PO-1") Begin(*other, Request("PO-5", "CHANG"));
      desk.Accept(order, response);
    }
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Place(
      {Request("PO-1"), Request("PO-4"), Request("PO-5"), Request("PO-6"), Request("PO-7")}, 2);
  REQUIRE(result.placed == 4);
  REQUIRE(result.not_placed == 1);
  REQUIRE(desk.ledger().Pending("demo").size() == 1);
}

TEST_CASE("placing: an order that another run began and then dropped is not placed") {
  Desk desk;
  const auto other = desk.OpenLedger();
  LedgerTrade theirs;
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    for (const auto& order : request.requests()) {
      if (order.buyer_reference() == "PO-1") theirs = Begin(*other, Request("PO-5"));
      if (order.buyer_reference() == "PO-6") REQUIRE(other->Drop(theirs, true).ok());
      desk.Accept(order, response);
    }
    return absl::OkStatus();
  });
  const PlacingResult result = desk.Place({Request("PO-1"), Request("PO-5"), Request("PO-6")}, 1);
  REQUIRE(result.placed == 2);
  REQUIRE(result.not_placed == 1);
  const Context context = desk.MakeContext();
  REQUIRE(ShowPlacing(context, result, false) == kFailed);
}

TEST_CASE("placing: an order that a rebuild took in is not placed again from its file") {
  Desk desk;
  desk.Honest();
  const OrderRequest request = Request("PO-1");
  const TradingInformation listed = Accepted(ToProto(request, NewUuidV7(absl::Now())));
  REQUIRE(desk.ledger().AddKnown("demo", listed, absl::Now()) == Listed::kAdded);
  REQUIRE(desk.Place({request}).placed_before == 1);
  REQUIRE(desk.placed() == 0);
}

TEST_CASE("placing: two orders that are answered with one trading id are not both placed") {
  Desk desk;
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    TradingInformation first = Accepted(request.requests(0));
    for (const auto& order : request.requests()) {
      TradingInformation information = Accepted(order);
      information.contents.trading_id = first.contents.trading_id;
      information.trading_id = first.trading_id;
      information.contents_digest = ContentsDigest(information.contents);
      *response.add_results()->mutable_information() = ToProto(information);
    }
    return absl::OkStatus();
  });
  // Both within a millisecond, mostly: a trading id has the time of its request.
  const PlacingResult result = desk.Place({Request("PO-1"), Request("PO-2")});
  REQUIRE(result.placed == 1);
  REQUIRE(result.pending == 1);
  REQUIRE(absl::IsInternal(result.failure));
  REQUIRE(desk.ledger().Pending("demo").size() == 1);
}

TEST_CASE("placing: a ledger that fails after orders were sent says that they may be placed") {
  Desk desk;
  desk.Honest();
  desk.Execute(
      "CREATE TRIGGER broken BEFORE UPDATE OF placement ON trades "
      "BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  REQUIRE_THROWS_AS(desk.Place({Request("PO-1")}), OutcomeUnknown);
  REQUIRE(desk.ledger().Pending("demo")[0].sendings == 1);
  desk.Execute("DROP TRIGGER broken");
  REQUIRE(desk.Place({Request("PO-1")}).placed_before == 1);
  REQUIRE(desk.placed() == 1);
}

TEST_CASE("placing: a shop that always says come back holds a command for one budget only") {
  constexpr int kBudgetMs = 200;
  Desk desk;
  desk.options().retry_budget_ms = kBudgetMs;
  int calls = 0;
  int waits_ms = 0;
  // Whole calls are put off, and then the orders in them.
  desk.fake().OnPlace([&](const auto& request, auto& response) {
    if (++calls % 2 == 1) {
      waits_ms += 60;
      return ComeBack("RATE_LIMITED", 60);
    }
    waits_ms += 60;
    for (int i = 0; i < request.requests_size(); ++i) {
      *response.add_results()->mutable_error() = rpc::ToProto(ComeBack("QUEUE_FULL", 60));
    }
    return absl::OkStatus();
  });
  REQUIRE(desk.Place({Request("PO-1")}).pending == 1);
  // The last time that it names is not waited for.
  REQUIRE(waits_ms - 60 <= kBudgetMs);
}

TEST_CASE("codes: the worst is a warning, then who asks, then who does not answer") {
  REQUIRE(Worse(kUnreachable, kNotAllowed) == kNotAllowed);
  REQUIRE(Worse(kNotAllowed, kWarned) == kWarned);
  REQUIRE(Worse(kWarned, kUnreachable) == kWarned);
  REQUIRE(Worse(kFailed, kUnreachable) == kUnreachable);
  REQUIRE(Worse(kFailed, kAllWell) == kFailed);
  REQUIRE(CodeOfPending(absl::FailedPreconditionError("no token file")) == kUnreachable);
  REQUIRE(CodeOfPending(TokenExpired()) == kNotAllowed);
}

}  // namespace
}  // namespace tallystick::testing
