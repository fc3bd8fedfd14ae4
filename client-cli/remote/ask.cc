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
           std::vector<TradeView*> views)
      : stub_(Service::NewStub(channel)), member_(member), views_(std::move(views)) {
    method_ = method;
  }

  grpc::ClientContext& context() { return context_; }

  void Start(const std::optional<absl::Time>& receive_time) {
    Request request;
    if (receive_time) wire::Put(*receive_time, request.mutable_receive_time());
    for (TradeView* view : views_) {
      request.add_trading_ids(view->contents.trading_id.ToString());
      (view->*member_).ask_time = absl::Now();
    }
    reader_ = (stub_.get()->*method_)(&context_, request, &queue_);
    reader_->Finish(&response_, &status_, this);
  }

  void WaitAndFill() override {
    void* tag;
    bool ok;
    queue_.Next(&tag, &ok);
    absl::Status failed = rpc::FromGrpc(status_);
    if (failed.ok() && response_.results_size() != static_cast<int>(views_.size())) {
      failed = absl::InternalError("it answered another number of trades than was asked");
    }
    for (size_t i = 0; i < views_.size(); ++i) {
      Answer<Status>& answer = views_[i]->*member_;
      if (!failed.ok()) {
        Fail(answer, failed);
        continue;
      }
      const auto& result = response_.results(static_cast<int>(i));
      if (result.has_status()) {
        answer.kind = Answer<Status>::kStatus;
        answer.status = Convert(result.status());
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

  static OrderStatus Convert(const v1::OrderStatus& proto) { return wire::FromProto(proto); }
  static PaymentStatus Convert(const v1::PaymentStatus& proto) { return wire::FromProto(proto); }
  static DeliveryStatus Convert(const v1::DeliveryStatus& proto) { return wire::FromProto(proto); }
  static TradingStatus Convert(const v1::TradingStatus& proto) {
    TradingStatus status;
    status.trading_id = ParseUuid(proto.trading_id()).value_or(Uuid{});
    status.order = wire::FromProto(proto.order());
    if (proto.has_payment()) status.payment = wire::FromProto(proto.payment());
    if (proto.has_delivery()) status.delivery = wire::FromProto(proto.delivery());
    return status;
  }

  std::unique_ptr<typename Service::Stub> stub_;
  Method method_;
  Member member_;
  std::vector<TradeView*> views_;
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

}  // namespace

std::vector<TradeView> Shop::Ask(std::span<const LedgerTrade> trades,
                                 std::optional<absl::Time> receive_time) {
  std::vector<TradeView> views(trades.size());
  std::map<std::string, std::vector<TradeView*>> shopping;
  std::map<std::string, std::vector<TradeView*>> payment;
  std::map<std::string, std::vector<TradeView*>> delivery;
  for (size_t i = 0; i < trades.size(); ++i) {
    views[i].contents = trades[i].information->contents;
    // The buyer's own: computed over what was ordered, not taken from anybody.
    views[i].contents_digest = ContentsDigest(views[i].contents);
    views[i].place_time = trades[i].place_time;
    shopping[trades[i].information->services.shopping].push_back(&views[i]);
    payment[trades[i].information->services.payment].push_back(&views[i]);
    delivery[trades[i].information->services.delivery].push_back(&views[i]);
  }
  std::vector<std::unique_ptr<AskCall>> calls;
  const auto start = [&](auto call) {
    Prepare(call->context());
    call->Start(receive_time);
    calls.push_back(std::move(call));
  };
  for (const auto& [address, views] : shopping) {
    start(std::make_unique<AskWord>(ChannelTo(address),
                                    &v1::ShoppingService::Stub::AsyncBatchGetTradingStatuses,
                                    &TradeView::shops_word, views));
    start(std::make_unique<AskOrder>(ChannelTo(address),
                                     &v1::ShoppingService::Stub::AsyncBatchGetOrderStatuses,
                                     &TradeView::order, views));
  }
  for (const auto& [address, views] : payment) {
    start(std::make_unique<AskPayment>(ChannelTo(address),
                                       &v1::PaymentService::Stub::AsyncBatchGetPaymentStatuses,
                                       &TradeView::payment, views));
  }
  for (const auto& [address, views] : delivery) {
    start(std::make_unique<AskDelivery>(ChannelTo(address),
                                        &v1::DeliveryService::Stub::AsyncBatchGetDeliveryStatuses,
                                        &TradeView::delivery, views));
  }
  for (const auto& call : calls) call->WaitAndFill();
  return views;
}

}  // namespace tallystick
