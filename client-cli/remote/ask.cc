// Asking the three services about trades, all at the same time; the rest of the shop is in shop.cc.
#include <algorithm>
#include <map>

#include "absl/time/clock.h"
#include "client-cli/match/questions.h"
#include "client-cli/remote/shop.h"
#include "platform/error/error.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

// One trade that a service is asked about.
template <typename Status>
struct Question {
  std::string trading_id;
  Answer<Status>* answer = nullptr;
  int64_t revision = 0;  // 0: what holds now
};
// By the address of the service.
template <typename Status>
using Addressed = std::map<std::string, std::vector<Question<Status>>>;

// One batch call that is under way: started at once, waited for at the end.
class AskCall {
 public:
  virtual ~AskCall() = default;
  virtual void WaitAndFill() = 0;
};

template <typename Status, typename Stub, typename Request, typename Response>
class TypedAsk final : public AskCall {
 public:
  using Method = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(
      grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  TypedAsk(Shop& shop, RetryBudget& budget, const std::string& address, Method method,
           std::optional<absl::Time> receive_time, std::vector<Question<Status>> questions)
      : shop_(shop),
        stub_(shop.ChannelTo(address)),
        method_(method),
        receive_time_(receive_time),
        budget_(budget),
        asked_(std::move(questions)) {
    Start();
  }

  // What the service takes later is asked again then; and where more comes back than one message
  // holds, it is asked in parts.
  void WaitAndFill() override {
    while (true) {
      const absl::Status failed = Finish();
      if (IsTooLarge(failed) && asked_.size() > 1) {
        most_ = asked_.size() / 2;
      } else {
        std::vector<Question<Status>> refused;
        const absl::Status busy = Fill(failed, refused);
        const bool progress = refused.size() < asked_.size();
        asked_ = std::move(refused);
        if (progress && IsAnswerFull(busy)) {
          // The next message holds more.
        } else if (const std::optional<absl::Duration> wait = budget_.Next(busy)) {
          absl::SleepFor(*wait);
        } else {
          for (const Question<Status>& question : asked_) Fail(*question.answer, busy);
          asked_.clear();
        }
      }
      later_.insert(later_.begin(), asked_.begin(), asked_.end());
      if (later_.empty()) return;
      const auto end = later_.begin() + static_cast<ptrdiff_t>(std::min(most_, later_.size()));
      asked_.assign(later_.begin(), end);
      later_.erase(later_.begin(), end);
      Start();
    }
  }

 private:
  void Start() {
    Request request;
    if (receive_time_) wire::Put(*receive_time_, request.mutable_receive_time());
    for (const Question<Status>& question : asked_) {
      request.add_trading_ids(question.trading_id);
      if constexpr (requires { request.add_revisions(0); }) {
        if (question.revision != 0) request.add_revisions(question.revision);
      }
      question.answer->ask_time = absl::Now();
    }
    reader_.reset();  // it lives in the context
    context_.emplace();
    shop_.Prepare(*context_);
    response_.Clear();
    reader_ = (stub_.*method_)(&*context_, request, &queue_);
    reader_->Finish(&response_, &status_, this);
  }

  absl::Status Finish() {
    void* tag;
    bool ok;
    queue_.Next(&tag, &ok);
    absl::Status status = rpc::FromGrpc(status_);
    if (status.ok() && response_.results_size() != static_cast<int>(asked_.size())) {
      status = absl::InternalError("it answered another number of trades than was asked");
    }
    return status;
  }

  // Takes what came back. What the service will take later goes into `refused`; gives its error.
  absl::Status Fill(const absl::Status& failed, std::vector<Question<Status>>& refused) {
    absl::Status busy;
    for (size_t i = 0; i < asked_.size(); ++i) {
      Answer<Status>& answer = *asked_[i].answer;
      absl::Status error = failed;
      if (failed.ok()) {
        const auto& result = response_.results(static_cast<int>(i));
        if (result.has_status()) {
          answer.Set(wire::FromProto(result.status()));
          continue;
        }
        error = rpc::FromProto(result.error());
      }
      if (RetryAfter(error)) {
        refused.push_back(asked_[i]);
        busy = error;
      } else {
        Fail(answer, error);
      }
    }
    return busy;
  }

  static void Fail(Answer<Status>& answer, const absl::Status& status) {
    answer.kind =
        absl::IsNotFound(status) ? Answer<Status>::kNotFound : Answer<Status>::kUnreachable;
    answer.error = std::string(status.message());
    answer.reason = GetErrorDetail(status).reason;
    answer.not_allowed = absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status);
  }

  Shop& shop_;
  Stub stub_;
  const Method method_;
  const std::optional<absl::Time> receive_time_;
  RetryBudget& budget_;
  size_t most_ = kMaxPerCall;            // that are asked in one call
  std::vector<Question<Status>> asked_;  // in the call that is under way
  std::vector<Question<Status>> later_;
  std::optional<grpc::ClientContext> context_;
  grpc::CompletionQueue queue_;
  Response response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader_;
};

// The call that asks for each kind of status.
constexpr auto MethodFor(const OrderStatus*) {
  return &v1::ShoppingService::Stub::AsyncBatchGetOrderStatuses;
}
constexpr auto MethodFor(const TradingStatus*) {
  return &v1::ShoppingService::Stub::AsyncBatchGetTradingStatuses;
}
constexpr auto MethodFor(const PaymentStatus*) {
  return &v1::PaymentService::Stub::AsyncBatchGetPaymentStatuses;
}
constexpr auto MethodFor(const DeliveryStatus*) {
  return &v1::DeliveryService::Stub::AsyncBatchGetDeliveryStatuses;
}

// The calls of one round, all under way at the same time.
class Round {
 public:
  Round(Shop& shop, RetryBudget& budget, std::optional<absl::Time> receive_time)
      : shop_(shop), budget_(budget), receive_time_(receive_time) {}

  template <typename Status>
  void Ask(const Addressed<Status>& questions) {
    for (const auto& [address, asked] : questions) {
      Start(address, MethodFor(static_cast<const Status*>(nullptr)), asked);
    }
  }
  void Ask(const ThreeOf<Addressed>& questions) {
    ForEachSide([this](Side, const auto& asked) { Ask(asked); }, questions);
  }
  void Wait() {
    for (const auto& call : calls_) call->WaitAndFill();
  }

 private:
  template <typename Status, typename Stub, typename Request, typename Response>
  void Start(const std::string& address,
             std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*method)(
                 grpc::ClientContext*, const Request&, grpc::CompletionQueue*),
             const std::vector<Question<Status>>& asked) {
    calls_.push_back(std::make_unique<TypedAsk<Status, Stub, Request, Response>>(
        shop_, budget_, address, method, receive_time_, asked));
  }

  Shop& shop_;
  RetryBudget& budget_;
  const std::optional<absl::Time> receive_time_;
  std::vector<std::unique_ptr<AskCall>> calls_;
};

}  // namespace

std::vector<TradeView> Shop::Ask(std::span<const LedgerTrade> trades,
                                 std::optional<absl::Time> receive_time) {
  RetryBudget budget(retry_budget_);
  return Ask(trades, receive_time, budget);
}

std::vector<TradeView> Shop::Ask(std::span<const LedgerTrade> trades,
                                 std::optional<absl::Time> receive_time, RetryBudget& budget) {
  const std::shared_ptr<void> waiting = Waiting();
  std::vector<TradeView> views(trades.size());
  ThreeOf<Addressed> questions;
  Addressed<TradingStatus> words;
  for (size_t i = 0; i < trades.size(); ++i) {
    const TradingInformation& information = *trades[i].information;
    TradeView& view = views[i];
    view.contents = information.contents;
    // The buyer's own: computed over what was ordered, not taken from anybody.
    view.contents_digest = ContentsDigest(view.contents);
    view.place_time = trades[i].place_time;
    view.return_period = information.return_period;
    const std::string id = view.contents.trading_id.ToString();
    const auto ask = [&](Side side, auto& answer, auto& to) {
      to[information.services[side]].push_back({id, &answer});
    };
    ask(Side::kShopping, view.shops_word, words);
    ForEachSide(ask, view, questions);
  }
  Round now(*this, budget, receive_time);
  now.Ask(words);
  now.Ask(questions);
  now.Wait();
  // Where the answers are of different revisions, each service is asked for that which the shop's
  // account speaks of.
  ThreeOf<Addressed> more;
  for (size_t i = 0; i < trades.size(); ++i) {
    const TradingInformation& information = *trades[i].information;
    const std::string id = information.contents.trading_id.ToString();
    const auto ask = [&](Side side, const auto& revision, auto& answer, auto& to) {
      if (revision) to[information.services[side]].push_back({id, &answer, *revision});
    };
    ForEachSide(ask, NextQuestions(views[i]), views[i].then, more);
  }
  Round then(*this, budget, std::nullopt);
  then.Ask(more);
  then.Wait();
  for (TradeView& view : views) TakeNewer(view);
  return views;
}

}  // namespace tallystick
