// Asking the three services about trades, all at the same time; the rest of the shop is in shop.cc.
#include <map>

#include "absl/strings/str_cat.h"
#include "client-cli/remote/shop.h"
#include "platform/error/error.h"
#include "platform/rpc/status.h"
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

  TypedAsk(std::shared_ptr<grpc::Channel> channel, Method method, Member member,
           std::vector<Question> questions)
      : stub_(Service::NewStub(channel)), member_(member), questions_(std::move(questions)) {
    method_ = method;
  }

  grpc::ClientContext& context() { return context_; }

  void Start(const std::optional<absl::Time>& receive_time) {
    Request request;
    if (receive_time) wire::Put(*receive_time, request.mutable_receive_time());
    for (const Question& question : questions_) {
      request.add_trading_ids(question.view->contents.trading_id.ToString());
      if constexpr (requires { request.add_revisions(0); }) {
        if (question.revision != 0) request.add_revisions(question.revision);
      }
      (question.view->*member_).ask_time = absl::Now();
    }
    reader_ = (stub_.get()->*method_)(&context_, request, &queue_);
    reader_->Finish(&response_, &status_, this);
  }

  void WaitAndFill() override {
    void* tag;
    bool ok;
    queue_.Next(&tag, &ok);
    absl::Status failed = rpc::FromGrpc(status_);
    if (failed.ok() && response_.results_size() != static_cast<int>(questions_.size())) {
      failed = absl::InternalError("it answered another number of trades than was asked");
    }
    for (size_t i = 0; i < questions_.size(); ++i) {
      Answer<Status>& answer = questions_[i].view->*member_;
      if (!failed.ok()) {
        Fail(answer, failed);
        continue;
      }
      const auto& result = response_.results(static_cast<int>(i));
      if (result.has_status()) {
        answer.kind = Answer<Status>::kStatus;
        answer.status = wire::FromProto(result.status());
      } else {
        Fail(answer, rpc::FromProto(result.error()));
      }
    }
  }

 private:
  static void Fail(Answer<Status>& answer, const absl::Status& status) {
    answer.kind =
        absl::IsNotFound(status) ? Answer<Status>::kNotFound : Answer<Status>::kUnreachable;
    answer.error = std::string(status.message());
    answer.reason = GetErrorDetail(status).reason;
    answer.not_allowed = absl::IsPermissionDenied(status) || absl::IsUnauthenticated(status);
  }

  std::unique_ptr<typename Service::Stub> stub_;
  Method method_;
  Member member_;
  std::vector<Question> questions_;
  grpc::ClientContext context_;
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
  Round(Shop& shop, std::optional<absl::Time> receive_time)
      : shop_(shop), receive_time_(receive_time) {}

  template <typename Call>
  void Ask(const Addressed& questions, typename Call::Method method, typename Call::Member member) {
    for (const auto& [address, asked] : questions) {
      auto call = std::make_unique<Call>(shop_.ChannelTo(address), method, member, asked);
      shop_.Prepare(call->context());
      call->Start(receive_time_);
      calls_.push_back(std::move(call));
    }
  }
  void Wait() {
    for (const auto& call : calls_) call->WaitAndFill();
  }

 private:
  Shop& shop_;
  const std::optional<absl::Time> receive_time_;
  std::vector<std::unique_ptr<AskCall>> calls_;
};

}  // namespace

std::vector<TradeView> Shop::Ask(std::span<const LedgerTrade> trades,
                                 std::optional<absl::Time> receive_time) {
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
  Round now(*this, receive_time);
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
  Round then(*this, std::nullopt);
  then.Ask<AskOrder>(orders_then, kOrders, &TradeView::order_then);
  then.Ask<AskPayment>(payments_then, kPayments, &TradeView::payment_then);
  then.Ask<AskDelivery>(deliveries_then, kDeliveries, &TradeView::delivery_then);
  then.Wait();
  for (TradeView& view : views) TakeNewer(view);
  return views;
}

}  // namespace tallystick
