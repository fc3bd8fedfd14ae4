#include "client-cli/remote/shop.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/ledger/record.h"
#include "platform/rpc/channel.h"
#include "platform/rpc/status.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick {
namespace {

constexpr int kProductPageSize = 1000;

CatalogueProduct ReadProduct(const v1::Product& proto) {
  return {proto.sku(),
          proto.name(),
          proto.category(),
          {proto.unit_price().currency_code(), proto.unit_price().minor_units()},
          proto.tax_rate_basis_points(),
          proto.stock()};
}

}  // namespace

bool IsUnreachable(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kCancelled: return true;
    default: return false;
  }
}

std::shared_ptr<grpc::Channel> Shop::ChannelTo(const std::string& address) {
  std::shared_ptr<grpc::Channel>& channel = channels_[address];
  if (channel == nullptr) channel = rpc::MakeChannel(address);
  return channel;
}

void Shop::Prepare(grpc::ClientContext& context) const {
  rpc::SetDeadline(context, timeout_);
  context.AddMetadata("authorization", absl::StrCat("Bearer ", profile_.token));
}

absl::StatusOr<CataloguePages> Shop::ListProducts() {
  auto stub = v1::ShoppingService::NewStub(ChannelTo(profile_.address));
  CataloguePages pages;
  v1::ListProductsRequest request;
  request.set_page_size(kProductPageSize);
  do {
    grpc::ClientContext context;
    Prepare(context);
    v1::ListProductsResponse response;
    const grpc::Status status = stub->ListProducts(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    for (const v1::Product& proto : response.products()) {
      pages.products.push_back(ReadProduct(proto));
    }
    pages.options.clear();
    for (const v1::DeliveryOption& proto : response.delivery_options()) {
      pages.options.push_back(
          {proto.code(), proto.name(), proto.fee_minor_units(), proto.lead_time_hours()});
    }
    // A token that does not move on would make this loop endless.
    if (response.next_page_token() == request.page_token()) break;
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return pages;
}

absl::StatusOr<std::vector<absl::StatusOr<TradingInformation>>> Shop::PlaceOrders(
    std::span<const LedgerTrade> trades) {
  auto stub = v1::ShoppingService::NewStub(ChannelTo(profile_.address));
  v1::BatchPlaceOrdersRequest request;
  for (const LedgerTrade& trade : trades) {
    *request.add_requests() = ToProto(trade.request, trade.request_id);
  }
  grpc::ClientContext context;
  Prepare(context);
  v1::BatchPlaceOrdersResponse response;
  const grpc::Status status = stub->BatchPlaceOrders(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  if (response.results_size() != request.requests_size()) {
    return absl::InternalError("the shop answered another number of orders than was sent");
  }
  std::vector<absl::StatusOr<TradingInformation>> answers;
  for (const v1::PlaceOrderResult& result : response.results()) {
    if (result.has_information()) {
      answers.emplace_back(FromProto(result.information()));
    } else {
      answers.emplace_back(rpc::FromProto(result.error()));
    }
    if (!answers.back().ok() && answers.back().status().ok()) {
      answers.back() = absl::InternalError("the shop answered neither yes nor no");
    }
  }
  return answers;
}

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

  void Start() {
    Request request;
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

std::vector<TradeView> Shop::Ask(std::span<const LedgerTrade> trades) {
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
    call->Start();
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

absl::Status Shop::UpsertProducts(std::span<const CatalogueProduct> products) {
  auto stub = v1::ShoppingOperations::NewStub(ChannelTo(profile_.address));
  v1::UpsertProductsRequest request;
  for (const CatalogueProduct& product : products) {
    v1::Product* to = request.add_products();
    to->set_sku(product.sku);
    to->set_name(product.name);
    to->set_category(product.category);
    wire::Put(product.unit_price.minor, product.unit_price.currency, to->mutable_unit_price());
    to->set_tax_rate_basis_points(product.tax_rate_basis_points);
  }
  grpc::ClientContext context;
  Prepare(context);
  v1::UpsertProductsResponse response;
  return rpc::FromGrpc(stub->UpsertProducts(&context, request, &response));
}

absl::Status Shop::AdjustStock(const Uuid& request_id, std::span<const StockDelta> deltas) {
  auto stub = v1::ShoppingOperations::NewStub(ChannelTo(profile_.address));
  v1::AdjustStockRequest request;
  request.set_request_id(request_id.ToString());
  for (const StockDelta& delta : deltas) {
    v1::StockAdjustment* to = request.add_adjustments();
    to->set_sku(delta.sku);
    to->set_delta(delta.delta);
  }
  grpc::ClientContext context;
  Prepare(context);
  v1::AdjustStockResponse response;
  return rpc::FromGrpc(stub->AdjustStock(&context, request, &response));
}

}  // namespace tallystick
