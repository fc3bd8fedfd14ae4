// How the buyer asks about a trade: as client-cli/remote/ask.cc does, in two rounds, over this
// network.
#include "client-cli/match/match.h"
#include "client-cli/match/questions.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/delivery.pb.h"
#include "tallystick/v1/payment.pb.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/faults/simulation/buyer.h"

namespace tallystick::simulation {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(3);

v1::OrderStatus MessageOf(const OrderStatus&) { return {}; }
v1::TradingStatus MessageOf(const TradingStatus&) { return {}; }
v1::PaymentStatus MessageOf(const PaymentStatus&) { return {}; }
v1::DeliveryStatus MessageOf(const DeliveryStatus&) { return {}; }

}  // namespace

struct Buyer::LookState {
  BuyersTrade& trade;
  std::function<void(std::vector<Warning>)> done;
  TradeView view;
  int missing = 0;  // answers of this round
  bool second_round = false;
};

void Buyer::Look(BuyersTrade& trade, std::function<void(std::vector<Warning>)> done) {
  const auto look = std::make_shared<LookState>(LookState{trade, std::move(done), {}});
  ++looking_;
  looked_at_.insert(trade.id());
  TradeView& view = look->view;
  view.contents = trade.information->contents;
  view.contents_digest = ContentsDigest(view.contents);
  view.place_time = trade.place_time;
  view.return_period = trade.information->return_period;
  // What the shop agreed to before it is asked now.
  for (const BuyersRequest& request : trade.requests) {
    if (request.lost || world_.told_otherwise.contains(trade.id())) continue;
    if (request.answer && request.answer->ok()) view.asked.push_back(request.asked);
  }
  look->missing = 4;
  Ask(look, cluster_.OneOf(cluster_.shopping()), "GetWord", 0, view.shops_word);
  Ask(look, cluster_.OneOf(cluster_.shopping()), "GetOrder", 0, view.order);
  Ask(look, cluster_.OneOf(cluster_.payment()), "GetPayment", 0, view.payment);
  Ask(look, cluster_.OneOf(cluster_.delivery()), "GetDelivery", 0, view.delivery);
}

template <typename Status>
void Buyer::Ask(const std::shared_ptr<LookState>& look, Node& node, const char* method,
                int64_t revision, Answer<Status>& answer) {
  v1::GetOrderStatusRequest question;
  question.set_trading_id(look->view.contents.trading_id.ToString());
  question.set_revision(revision);
  answer.ask_time = WallNow();
  cluster_.network().Call(node_, node, method, question.SerializeAsString(), kPatience,
                          [this, look, &answer](const absl::StatusOr<std::string>& bytes) {
                            if (bytes.ok()) {
                              auto message = MessageOf(Status());
                              message.ParseFromString(*bytes);
                              answer.Set(wire::FromProto(message));
                            } else {
                              answer.kind = absl::IsNotFound(bytes.status())
                                                ? Answer<Status>::kNotFound
                                                : Answer<Status>::kUnreachable;
                            }
                            if (--look->missing > 0) return;
                            if (look->second_round) return Judge(look);
                            AskThen(look);
                          });
}

void Buyer::AskThen(const std::shared_ptr<LookState>& look) {
  look->second_round = true;
  const Questions questions = NextQuestions(look->view);
  look->missing =
      questions.order.has_value() + questions.payment.has_value() + questions.delivery.has_value();
  if (look->missing == 0) return Judge(look);
  ThreeOf<Answer>& then = look->view.then;
  if (questions.order) {
    Ask(look, cluster_.OneOf(cluster_.shopping()), "GetOrder", *questions.order, then.order);
  }
  if (questions.payment) {
    Ask(look, cluster_.OneOf(cluster_.payment()), "GetPayment", *questions.payment, then.payment);
  }
  if (questions.delivery) {
    Ask(look, cluster_.OneOf(cluster_.delivery()), "GetDelivery", *questions.delivery,
        then.delivery);
  }
}

void Buyer::Judge(const std::shared_ptr<LookState>& look) {
  --looking_;
  looked_at_.erase(looked_at_.find(look->trade.id()));
  TradeView& view = look->view;
  BuyersTrade& trade = look->trade;
  TakeNewer(view);
  if (!world_.Has(Defect::kLedgerForgotten)) trade.memory.Recall(view);
  if (const PaymentStatus* payment = view.payment.get()) {
    for (const PaymentTransaction& transaction : payment->transactions) {
      const auto [known, fresh] = references_.emplace(transaction.reference, trade.id());
      if (known->second != trade.id()) {
        view.foreign_references[transaction.reference] = known->second;
      }
    }
  }
  std::vector<Warning> warnings = Match(view, settings_, WallNow());
  world_.Say(node_.name, trade.id(), "looks: ", warnings.size(), " warnings");
  for (const Warning& warning : warnings) {
    world_.Say(node_.name, trade.id(), testing::TextOf(warning));
    if (trade.damaged || trade.lost) continue;
    world_.Violate("no warning of what the system repairs",
                   absl::StrCat(world_.NameOf(trade.id()), ": ", testing::TextOf(warning)));
  }
  trade.memory.Keep(view, WallNow());
  if (view.order.get() != nullptr) trade.order = view.order.status;
  look->done(std::move(warnings));
}

}  // namespace tallystick::simulation
