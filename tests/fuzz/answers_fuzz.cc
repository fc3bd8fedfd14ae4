// What servers answer, as the client takes it: read, matched and shown. A script is what came back
// about one trade, one answer after the other.
#include <algorithm>

#include "client-cli/commands/check/track_text.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/match/placement.h"
#include "client-cli/match/questions.h"
#include "client-cli/output/trade_text.h"
#include "client-cli/wire/record.h"
#include "platform/error/error.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/script_target.h"
#include "tests/fuzz/trades.h"

namespace tallystick::fuzz {
namespace {

enum Kind { kInformation, kOrder, kPayment, kDelivery, kWord, kError, kRequest, kKinds };

TradingInformation InformationOf(const shopping::Order& order) {
  return {order.contents,
          {"127.0.0.1:1", "127.0.0.1:2", "127.0.0.1:3"},
          ContentsDigest(order.contents)};
}

void CheckShown(const std::string& text) { Check(IsHarmless(text), "no text steers the terminal"); }
void CheckShown(const Json& json) {
  const std::string text = Dump(json);
  Check(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }),
        "JSON is ASCII");
  Check(Json::accept(text), "JSON can be read");
}

class AnswersTarget final : public ScriptTarget {
 public:
  AnswersTarget() {
    for (const testing::History& history : Histories()) {
      const TradingInformation information = InformationOf(history.order());
      MessageMutator::Learn("trading_id", information.contents.trading_id.ToString());
      MessageMutator::Learn("contents_digest", information.contents_digest);
      trades_[information.contents.trading_id] = information;
    }
  }

  std::vector<const google::protobuf::Message*> Kinds() const override {
    return {&v1::TradingInformation::default_instance(), &v1::OrderStatus::default_instance(),
            &v1::PaymentStatus::default_instance(),      &v1::DeliveryStatus::default_instance(),
            &v1::TradingStatus::default_instance(),      &google::rpc::Status::default_instance(),
            &v1::PlaceOrderRequest::default_instance()};
  }

  void Run(const Script& script) override {
    if (script.empty()) return;
    CheckedTrade checked;
    checked.trade.placement = Placement::kPlaced;
    checked.trade.place_time = kNow;
    for (const Step& step : script) {
      const size_t kind = KindOf(step, kKinds);
      const auto message = ReadMessage(*Kinds()[kind], step);
      if (message != nullptr) TakeAnswer(kind, *message, checked);
    }
    if (!checked.trade.information) checked.trade.information = trades_.begin()->second;
    Show(checked);
  }

  std::vector<Script> Seeds() override {
    std::vector<Script> seeds;
    for (testing::History history : Histories()) {
      const auto step = [](Kind kind, const auto& proto) {
        return Step{static_cast<uint8_t>(kind), proto.SerializeAsString()};
      };
      const auto add = [&] {
        Script script = {step(kOrder, wire::ToProto(history.order().status.order))};
        v1::TradingStatus word;
        word.set_trading_id(history.order().contents.trading_id.ToString());
        *word.mutable_order() = wire::ToProto(history.order().status.order);
        if (history.payment()) {
          script.push_back(step(kPayment, wire::ToProto(history.payment()->status)));
          *word.mutable_payment() = wire::ToProto(history.payment()->status);
        }
        if (history.delivery()) {
          script.push_back(step(kDelivery, wire::ToProto(history.delivery()->status)));
          *word.mutable_delivery() = wire::ToProto(history.delivery()->status);
        }
        script.push_back(step(kWord, word));
        return script;
      };
      Script script = add();
      seeds.push_back(script);
      for (int steps = 0; steps < 10 && history.Step(); ++steps) {
      }
      for (Step& later : add()) script.push_back(std::move(later));
      seeds.push_back(std::move(script));
      seeds.push_back({step(kInformation, ToProto(InformationOf(history.order()))),
                       step(kError, rpc::ToProto(InvalidField("sku", "is none")))});
    }
    return seeds;
  }

 private:
  // Takes a new answer; the one before becomes what was seen, and what held at another revision.
  // The first that is about a trade of the buyer's says which is asked about.
  template <typename Status>
  void Take(Status status, Answer<Status>& now, Answer<Status>& then, Past<Status>& past,
            LedgerTrade& trade) const {
    Note(status.trading_id, trade);
    if (now.get() != nullptr) {
      then = now;
      past.same_revision.push_back(now.status);
      if (!past.highest || now.status.revision > past.highest->status.revision) {
        past.highest = {now.status, now.ask_time};
      }
    }
    Put(std::move(status), now);
  }
  template <typename Status>
  static void Put(Status status, Answer<Status>& answer) {
    answer.kind = Answer<Status>::kStatus;
    answer.status = std::move(status);
    answer.ask_time = kNow;
  }
  void Note(const Uuid& trading_id, LedgerTrade& trade) const {
    const auto found = trades_.find(trading_id);
    if (!trade.information && found != trades_.end()) trade.information = found->second;
  }

  void TakeAnswer(size_t kind, const google::protobuf::Message& message,
                  CheckedTrade& checked) const {
    TradeView& view = checked.view;
    LedgerTrade& trade = checked.trade;
    switch (kind) {
      case kInformation: {
        TradingInformation information =
            FromProto(dynamic_cast<const v1::TradingInformation&>(message));
        // Half of the shops know how to add up the contents, whatever these are.
        if (message.ByteSizeLong() % 2 == 0) {
          information.contents_digest = ContentsDigest(information.contents);
        }
        if (!CheckInformation(information).ok()) return;
        Check(FromProto(ToProto(information)).contents == information.contents,
              "the ledger keeps what it was told");
        trade.information = std::move(information);
        return;
      }
      case kOrder:
        return Take(wire::FromProto(dynamic_cast<const v1::OrderStatus&>(message)), view.order,
                    view.then.order, view.past.order, trade);
      case kPayment:
        return Take(wire::FromProto(dynamic_cast<const v1::PaymentStatus&>(message)), view.payment,
                    view.then.payment, view.past.payment, trade);
      case kDelivery:
        return Take(wire::FromProto(dynamic_cast<const v1::DeliveryStatus&>(message)),
                    view.delivery, view.then.delivery, view.past.delivery, trade);
      case kWord: {
        TradingStatus word = wire::FromProto(dynamic_cast<const v1::TradingStatus&>(message));
        Note(word.trading_id, trade);
        return Put(std::move(word), view.shops_word);
      }
      case kError: return TakeError(dynamic_cast<const google::rpc::Status&>(message), checked);
      default: {
        const OrderRequest request = FromProto(dynamic_cast<const v1::PlaceOrderRequest&>(message));
        Check(FromProto(ToProto(request, Uuid{})) == request, "the ledger keeps requests");
      }
    }
  }

  static void TakeError(const google::rpc::Status& proto, CheckedTrade& checked) {
    const absl::Status inner = rpc::FromProto(proto);
    // gRPC itself gives no other codes.
    const auto code = static_cast<grpc::StatusCode>(static_cast<unsigned>(proto.code()) % 17);
    const absl::Status outer =
        rpc::FromGrpc(grpc::Status(code, proto.message(), proto.SerializeAsString()));
    for (const absl::Status& status : {inner, outer}) {
      (void)IsUnreachable(status);
      const ErrorDetail detail = GetErrorDetail(status);
      CheckShown(Json{{"reason", detail.reason}, {"values", detail.values}});
      Answer<PaymentStatus>& answer = checked.view.payment;
      answer.kind = absl::IsNotFound(status) ? Answer<PaymentStatus>::kNotFound
                                             : Answer<PaymentStatus>::kUnreachable;
      answer.error = std::string(status.message());
      checked.unreachable.push_back("payment: " + answer.error);
    }
  }

  static void Show(CheckedTrade& checked) {
    static const Screen screen("table", /*no_color=*/true);
    TradeView& view = checked.view;
    LedgerTrade& trade = checked.trade;
    view.contents = trade.information->contents;
    view.contents_digest = ContentsDigest(view.contents);
    view.place_time = trade.place_time;
    (void)NextQuestions(view);
    TakeNewer(view);
    for (const auto& sight : SightsOf(view)) view.sightings.first.emplace(sight, kNow);
    Matched matched = MatchAll(std::move(view), {}, kNow);
    checked.warnings = std::move(matched.warnings);
    checked.lags = std::move(matched.lags);
    checked.view = std::move(matched.view);
    const TradeView& own = checked.view;
    if (own.order.get() != nullptr) trade.order = own.order.status;
    if (own.payment.get() != nullptr) trade.payment = own.payment.status;
    if (own.delivery.get() != nullptr) trade.delivery = own.delivery.status;
    CheckShown(TrackText(screen, checked));
    CheckShown(ToJson(checked));
    (void)IsDelivered(trade);
    (void)IsPaid(trade);
    (void)HasEnded(trade);
    (void)OwedDates(trade, kNow);
    CheckShown(FormatMoney({trade.information->contents.currency, OwedOn(trade)}));
    Table narrow({{"WHAT", false, true}, {"WHY", true, true}});
    for (const Warning& warning : checked.warnings) narrow.Add({warning.sentence, warning.rule});
    if (trade.order) narrow.Add({trade.order->reason, trade.order->currency});
    CheckShown(narrow.Render(30));
  }

  std::map<Uuid, TradingInformation> trades_;
};

}  // namespace

ScriptTarget* MakeTarget() { return new AnswersTarget; }

}  // namespace tallystick::fuzz
