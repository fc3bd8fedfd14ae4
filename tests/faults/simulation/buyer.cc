#include "tests/faults/simulation/buyer.h"

#include "client-cli/match/placement.h"
#include "client-cli/remote/errors.h"
#include "client-cli/wire/record.h"
#include "platform/error/error.h"
#include "services/shopping/domain/order_draft.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::simulation {
namespace {

constexpr char kFinal[] = "an answer under a request id is final";
constexpr absl::Duration kPatience = absl::Seconds(4);

bool IsSameAnswer(const absl::Status& one, const absl::Status& other) {
  return one.code() == other.code() && one.message() == other.message() &&
         GetErrorDetail(one).reason == GetErrorDetail(other).reason;
}

}  // namespace

Buyer::Buyer(Cluster& cluster)
    : cluster_(cluster), world_(cluster.world()), node_(cluster.buyer()) {
  settings_.report_delay = settings_.unknown_grace = absl::Hours(24);
  settings_.clock_skew = 2 * world_.plan.clocks_apart + absl::Minutes(5);
  settings_.periods = cluster.orders().policy.periods;
  const absl::Duration apart = world_.plan.clocks_apart;
  clock_error_ = world_.dice.Between(-apart, apart);
  Restart();
}

void Buyer::Restart() {
  if (node_.up()) node_.life->Kill();
  node_.life = std::make_shared<Process>(world_, node_.name, clock_error_);
  world_.Keep(node_.life);
  looking_ = 0;
  looked_at_.clear();
  for (BuyersTrade& trade : trades_) {
    if (!trade.answered()) Send(trade);
    for (BuyersRequest& request : trade.requests) {
      if (!request.answer) SendRequest(trade, request);
    }
  }
}

void Buyer::Begin(int orders) {
  const Plan& plan = world_.plan;
  // In a rush, all at once and for the same goods; else one after the other.
  const absl::Duration rush = plan.rush ? absl::Milliseconds(20) : plan.duration * 0.8;
  const absl::Duration first = world_.dice.Between(absl::ZeroDuration(), plan.duration * 0.2);
  for (int end = to_order_ + orders; to_order_ < end; ++to_order_) {
    world_.time.After(first + world_.dice.Between(absl::ZeroDuration(), rush),
                      [this, i = to_order_] {
                        BuyersTrade& trade = trades_.emplace_back();
                        trade.request = NewRequest(i);
                        Order(trade);
                      });
  }
}

OrderRequest Buyer::NewRequest(int number) {
  Dice& dice = world_.dice;
  OrderRequest request;
  for (const auto& [sku, product] : cluster_.shopping().products) {
    if (dice.OneIn(2)) request.items.push_back({sku, dice.Between(1, 6)});
  }
  if (request.items.empty()) request.items.push_back({"CHAI", dice.Between(1, 6)});
  static const std::vector<std::string> kMarkers = {
      "Street 1",      "Street 1",       "Street 1",     "SANDBOX-SPLIT",
      "SANDBOX-SPLIT", "SANDBOX-REFUSE", "SANDBOX-LOSE", "SANDBOX-KEEP"};
  static const std::vector<std::string> kMethods = {"pm_sandbox_ok", "pm_sandbox_ok",
                                                    "pm_sandbox_ok", "pm_sandbox_declined",
                                                    "pm_sandbox_capture_fails"};
  request.ship_to.lines = {"Alice", dice.Of(kMarkers)};
  request.delivery_option = "standard";
  request.terms = AllTerms()[static_cast<size_t>(dice.Between(0, 2))].terms;
  request.payment_method = dice.Of(kMethods);
  request.reference = absl::StrCat("order-", number);
  if (!dice.OneIn(3)) return request;
  // As tally does with --expect-total: what the catalogue says now.
  shopping::Catalogue catalogue{cluster_.shopping().products, cluster_.shopping().options};
  for (auto& [sku, product] : catalogue.products) product.stock = 1000;
  shopping::OrderDraft draft;
  draft.items = request.items;
  draft.delivery_option = request.delivery_option;
  const auto contents = shopping::PriceAndTake(draft, {}, catalogue, absl::UnixEpoch());
  if (contents.ok()) request.expected_total = Money{contents->currency, contents->total};
  return request;
}

void Buyer::Order(BuyersTrade& trade) {
  trade.create_time = WallNow();
  trade.request_id = world_.dice.RequestId(trade.create_time);
  world_.Say(node_.name, {}, "writes down ", trade.request.reference);
  Send(trade);
}

void Buyer::Send(BuyersTrade& trade) {
  if (world_.Has(Defect::kNewIdOnRetry) && !trade.answered()) {
    trade.request_id = world_.dice.RequestId(WallNow());
  }
  if (trade.sent_as.empty() || trade.sent_as.back() != trade.request_id) {
    trade.sent_as.push_back(trade.request_id);
    world_.Name(TradingIdFor(cluster_.orders().trading_id_key, kBuyer, trade.request_id),
                trade.request.reference);
  }
  Node& shop = cluster_.OneOf(cluster_.shopping());
  SendTo(trade, shop);
  // Somebody types the command twice, and the other replica gets it too.
  if (world_.Happens(0.1)) SendTo(trade, cluster_.OneOf(cluster_.shopping()));
}

void Buyer::SendTo(BuyersTrade& trade, Node& shop) {
  world_.Say(node_.name, {}, "sends ", trade.request.reference, " to ", shop.name);
  const absl::Duration patience =
      world_.plan.overload ? world_.dice.Between(absl::Milliseconds(100), absl::Seconds(2))
                           : kPatience;
  world_.Wait(TradingIdFor(cluster_.orders().trading_id_key, kBuyer, trade.request_id),
              world_.time.now() + absl::ToChronoNanoseconds(patience));
  cluster_.network().Call(
      node_, shop, "PlaceOrder", ToProto(trade.request, trade.request_id).SerializeAsString(),
      patience, [this, &trade, id = trade.request_id](absl::StatusOr<std::string> answer) {
        if (id == trade.request_id) TakeAnswer(trade, answer);
      });
}

void Buyer::TakeAnswer(BuyersTrade& trade, const absl::StatusOr<std::string>& answer) {
  const std::string& reference = trade.request.reference;
  if (answer.ok()) {
    v1::TradingInformation information;
    information.ParseFromString(*answer);
    return TakePlaced(trade, FromProto(information));
  }
  if (!IsFinal(answer.status())) {
    if (trade.answered()) return;
    world_.Say(node_.name, {}, reference, " has no answer: ", answer.status().message());
    node_.life->After(world_.dice.Between(absl::Milliseconds(50), absl::Seconds(5)),
                      [this, &trade] {
                        if (!trade.answered()) Send(trade);
                      });
    return;
  }
  if (trade.forgotten && trade.answered()) return world_.Count(Happening::kAnsweredOtherwise);
  if (trade.information || (trade.refusal && !IsSameAnswer(*trade.refusal, answer.status()))) {
    world_.Violate(kFinal, absl::StrCat(reference, " was answered before, and then with: ",
                                        answer.status().message()));
  }
  if (trade.refusal) return world_.Count(Happening::kAnsweredAgain);
  world_.Count(Happening::kRefused);
  trade.refusal = answer.status();
  world_.Say(node_.name, {}, reference, " is refused: ", answer.status().message());
  // Whoever asks again, much later, gets the same.
  node_.life->After(world_.dice.Between(absl::Seconds(1), absl::Minutes(4)),
                    [this, &trade] { Send(trade); });
}

void Buyer::TakePlaced(BuyersTrade& trade, const TradingInformation& information) {
  const absl::Status sound = CheckPlacement(information, trade.request, trade.request_id,
                                            trade.create_time, settings_, WallNow());
  if (!sound.ok()) world_.Violate("the shop confirms what was ordered", sound.ToString());
  if (trade.forgotten &&
      (trade.refusal ||
       (trade.information && trade.information->contents_digest != information.contents_digest))) {
    return world_.Count(Happening::kAnsweredOtherwise);
  }
  if (trade.refusal ||
      (trade.information && trade.information->contents_digest != information.contents_digest)) {
    world_.Violate(kFinal, absl::StrCat(trade.request.reference,
                                        " was answered before, and then with another order"));
  }
  if (trade.information) return CountAgain(information);
  world_.Count(Happening::kPlaced);
  trade.information = information;
  trade.place_time = WallNow();
  world_.Say(node_.name, trade.id(), trade.request.reference, " is placed");
  if (world_.dice.OneIn(3)) {
    node_.life->After(world_.dice.Between(absl::Seconds(1), absl::Minutes(4)),
                      [this, &trade] { Send(trade); });
  }
  Live(trade);
}

void Buyer::CountAgain(const TradingInformation& information) {
  world_.Count(Happening::kAnsweredAgain);
  const ContentsLine& line = information.contents.lines.front();
  if (cluster_.shopping().products.at(line.sku).unit_price == line.unit_price) return;
  world_.Count(Happening::kAnsweredAtOldPrices);
}

void Buyer::Live(BuyersTrade& trade) {
  Dice& dice = world_.dice;
  Process& life = *node_.life;
  for (int i = static_cast<int>(dice.Between(1, 5)); i > 0; --i) {
    life.After(dice.Between(absl::ZeroDuration(), absl::Minutes(5)),
               [this, &trade] { Look(trade, [](const std::vector<Warning>&) {}); });
  }
  if (dice.OneIn(4)) {
    life.After(dice.Between(absl::ZeroDuration(), absl::Minutes(3)),
               [this, &trade] { Request(trade, Asked::kCancel); });
  }
  for (int i = static_cast<int>(dice.Between(0, 2)); i > 0; --i) {
    life.After(dice.Between(absl::Seconds(30), absl::Minutes(5)),
               [this, &trade] { Request(trade, Asked::kReturn); });
  }
}

void Buyer::Request(BuyersTrade& trade, Asked::Kind kind) {
  BuyersRequest& request = trade.requests.emplace_back();
  request.asked.kind = kind;
  request.asked.create_time = WallNow();
  request.request_id = world_.dice.RequestId(request.asked.create_time);
  request.asked.reason = kind == Asked::kCancel ? "changed my mind" : "does not fit";
  if (kind == Asked::kReturn) {
    const GoodsQuantity& item = world_.dice.Of(trade.request.items);
    request.asked.lines = {{item.sku, world_.dice.Between(1, item.quantity)}};
  }
  SendRequest(trade, request);
}

void Buyer::SendRequest(BuyersTrade& trade, BuyersRequest& request) {
  const bool cancel = request.asked.kind == Asked::kCancel;
  std::string bytes;
  if (cancel) {
    v1::CancelOrderRequest proto;
    proto.set_trading_id(trade.id().ToString());
    proto.set_request_id(request.request_id.ToString());
    proto.set_reason(request.asked.reason);
    bytes = proto.SerializeAsString();
  } else {
    v1::ReturnProductsRequest proto;
    proto.set_trading_id(trade.id().ToString());
    proto.set_request_id(request.request_id.ToString());
    proto.set_reason(request.asked.reason);
    wire::PutGoods(request.asked.lines, proto.mutable_lines());
    bytes = proto.SerializeAsString();
  }
  world_.Say(node_.name, trade.id(), cancel ? "asks to cancel" : "asks to return");
  cluster_.network().Call(node_, cluster_.OneOf(cluster_.shopping()), cancel ? "Cancel" : "Return",
                          bytes, kPatience,
                          [this, &trade, &request](const absl::StatusOr<std::string>& answer) {
                            TakeRequestAnswer(trade, request, answer);
                          });
}

void Buyer::TakeRequestAnswer(BuyersTrade& trade, BuyersRequest& request,
                              const absl::StatusOr<std::string>& answer) {
  const absl::Status status = answer.status();
  if (!status.ok() && !IsFinal(status)) {
    if (request.answer || (trade.unreadable && !world_.faulty)) return;
    node_.life->After(world_.dice.Between(absl::Milliseconds(50), absl::Seconds(5)),
                      [this, &trade, &request] {
                        if (!request.answer) SendRequest(trade, request);
                      });
    return;
  }
  v1::ReturnProductsResponse response;
  if (answer.ok()) response.ParseFromString(*answer);
  if (request.answer) {
    // The shop may have lost what it said, or the order, and have it again.
    if (request.lost || trade.forgotten) return;
    if (!IsSameAnswer(*request.answer, status) || request.return_id != response.return_id()) {
      world_.Violate(kFinal,
                     absl::StrCat("a request about ", world_.NameOf(trade.id()), " was answered ",
                                  request.answer->ToString(), " and then ", status.ToString()));
    }
    return;
  }
  request.answer = status;
  request.return_id = response.return_id();
  world_.Say(node_.name, trade.id(), "is told ", status.ok() ? "yes" : status.message());
  // The same again, later: nothing may become of it.
  for (int i = 0; i < 2; ++i) {
    node_.life->After(world_.dice.Between(absl::Seconds(1), absl::Minutes(3)),
                      [this, &trade, &request] { SendRequest(trade, request); });
  }
}

bool Buyer::HasAllAnswers() const {
  for (const BuyersTrade& trade : trades_) {
    if (!trade.answered()) return false;
    if (trade.unreadable) continue;
    for (const BuyersRequest& request : trade.requests) {
      if (!request.answer) return false;
    }
  }
  return static_cast<int>(trades_.size()) == to_order_;
}

}  // namespace tallystick::simulation
