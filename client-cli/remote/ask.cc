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
struct Question {
  TradeView* view = nullptr;
  int64_t revision = 0;  // 0: what holds now
};
// By the address of the service.
using Addressed = std::map<std::string, std::vector<Question>>;

// One batch call that is under way: started at once, waited for at the end.
class AskCall {
 public:
  virtual ~AskCall() = default;
  virtual void WaitAndFill() = 0;
};

template <typename Service, typename Request, typename Response, typename Status,
          typename ProtoStatus>
class TypedAsk final : public AskCall {
 public:
  using Member = Answer<Status> TradeView::*;
  using Method = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Service::Stub::*)(
      grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

  TypedAsk(Shop& shop, RetryBudget& budget, const std::string& address, Method method,
           Member member, std::optional<absl::Time> receive_time, std::vector<Question> questions)
      : shop_(shop),
        stub_(Service::NewStub(shop.ChannelTo(address))),
        method_(method),
        member_(member),
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
        std::vector<Question> refused;
        const absl::Status busy = Fill(failed, refused);
        const bool progress = refused.size() < asked_.size();
        asked_ = std::move(refused);
        if (progress && IsAnswerFull(busy)) {
          // The next message holds more.
        } else if (const std::optional<absl::Duration> wait = budget_.Next(busy)) {
          absl::SleepFor(*wait);
        } else {
          for (const Question& question : asked_) Fail(question.view->*member_, busy);
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
    for (const Question& question : asked_) {
      request.add_trading_ids(question.view->contents.trading_id.ToString());
      if constexpr (requires { request.add_revisions(0); }) {
        if (question.revision != 0) request.add_revisions(question.revision);
      }
      (question.view->*member_).ask_time = absl::Now();
    }
    reader_.reset();  // it lives in the context
    context_.emplace();
    shop_.Prepare(*context_);
    response_.Clear();
    reader_ = (stub_.get()->*method_)(&*context_, request, &queue_);
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
  absl::Status Fill(const absl::Status& failed, std::vector<Question>& refused) {
    absl::Status busy;
    for (size_t i = 0; i < asked_.size(); ++i) {
      Answer<Status>& answer = asked_[i].view->*member_;
      absl::Status error = failed;
      if (failed.ok()) {
        const auto& result = response_.results(static_cast<int>(i));
        if (result.has_status()) {
          answer.kind = Answer<Status>::kStatus;
          answer.status = wire::FromProto(result.status());
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
  std::unique_ptr<typename Service::Stub> stub_;
  const Method method_;
  const Member member_;
  const std::optional<absl::Time> receive_time_;
  RetryBudget& budget_;
  size_t most_ = kMaxPerCall;    // that are asked in one call
  std::vector<Question> asked_;  // in the call that is under way
  std::vector<Question> later_;
  std::optional<grpc::ClientContext> context_;
  grpc::CompletionQueue queue_;
  Response response_;
  grpc::Status status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader_;
};

using AskOrder = TypedAsk<v1::ShoppingService, v1::BatchGetOrderStatusesRequest,
                          v1::BatchGetOrderStatusesResponse, OrderStatus, v1::OrderStatus>;
using AskWord = TypedAsk<v1::ShoppingService, v1::BatchGetTradingStatusesRequest,
                         v1::BatchGetTradingStatusesResponse, TradingStatus, v1::TradingStatus>;
using AskPayment = TypedAsk<v1::PaymentService, v1::BatchGetPaymentStatusesRequest,
                            v1::BatchGetPaymentStatusesResponse, PaymentStatus, v1::PaymentStatus>;
using AskDelivery =
    TypedAsk<v1::DeliveryService, v1::BatchGetDeliveryStatusesRequest,
             v1::BatchGetDeliveryStatusesResponse, DeliveryStatus, v1::DeliveryStatus>;

// The calls of one round, all under way at the same time.
class Round {
 public:
  Round(Shop& shop, RetryBudget& budget, std::optional<absl::Time> receive_time)
      : shop_(shop), budget_(budget), receive_time_(receive_time) {}

  template <typename Call>
  void Ask(const Addressed& questions, typename Call::Method method, typename Call::Member member) {
    for (const auto& [address, asked] : questions) {
      calls_.push_back(
          std::make_unique<Call>(shop_, budget_, address, method, member, receive_time_, asked));
    }
  }
  void Wait() {
    for (const auto& call : calls_) call->WaitAndFill();
  }

 private:
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
  constexpr auto kOrders = &v1::ShoppingService::Stub::AsyncBatchGetOrderStatuses;
  constexpr auto kWords = &v1::ShoppingService::Stub::AsyncBatchGetTradingStatuses;
  constexpr auto kPayments = &v1::PaymentService::Stub::AsyncBatchGetPaymentStatuses;
  constexpr auto kDeliveries = &v1::DeliveryService::Stub::AsyncBatchGetDeliveryStatuses;
  std::vector<TradeView> views(trades.size());
  Addressed shopping;
  Addressed payment;
  Addressed delivery;
  for (size_t i = 0; i < trades.size(); ++i) {
    const TradingInformation& information = *trades[i].information;
    views[i].contents = information.contents;
    // The buyer's own: computed over what was ordered, not taken from anybody.
    views[i].contents_digest = ContentsDigest(views[i].contents);
    views[i].place_time = trades[i].place_time;
    views[i].return_period = information.return_period;
    shopping[information.services.shopping].push_back({&views[i]});
    payment[information.services.payment].push_back({&views[i]});
    delivery[information.services.delivery].push_back({&views[i]});
  }
  Round now(*this, budget, receive_time);
  now.Ask<AskWord>(shopping, kWords, &TradeView::shops_word);
  now.Ask<AskOrder>(shopping, kOrders, &TradeView::order);
  now.Ask<AskPayment>(payment, kPayments, &TradeView::payment);
  now.Ask<AskDelivery>(delivery, kDeliveries, &TradeView::delivery);
  now.Wait();
  // Where the answers are of different revisions, each service is asked for that which the shop's
  // account speaks of.
  Addressed orders_then;
  Addressed payments_then;
  Addressed deliveries_then;
  for (size_t i = 0; i < trades.size(); ++i) {
    const ServiceAddresses& services = trades[i].information->services;
    const Questions open = NextQuestions(views[i]);
    if (open.order) orders_then[services.shopping].push_back({&views[i], *open.order});
    if (open.payment) payments_then[services.payment].push_back({&views[i], *open.payment});
    if (open.delivery) deliveries_then[services.delivery].push_back({&views[i], *open.delivery});
  }
  Round then(*this, budget, std::nullopt);
  then.Ask<AskOrder>(orders_then, kOrders, &TradeView::order_then);
  then.Ask<AskPayment>(payments_then, kPayments, &TradeView::payment_then);
  then.Ask<AskDelivery>(deliveries_then, kDeliveries, &TradeView::delivery_then);
  then.Wait();
  for (TradeView& view : views) TakeNewer(view);
  return views;
}

}  // namespace tallystick
