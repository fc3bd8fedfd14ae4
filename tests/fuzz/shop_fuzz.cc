// The client's calls to servers that answer anything: a script is what they answer, in the order in
// which they are asked; then they have no more.
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "client-cli/commands/orders/placing.h"
#include "client-cli/input/pricing.h"
#include "client-cli/match/match.h"
#include "client-cli/match/placement.h"
#include "client-cli/remote/back_office.h"
#include "client-cli/remote/shop.h"
#include "client-cli/remote/watch.h"
#include "google/rpc/status.pb.h"
#include "platform/transport/status.h"
#include "platform/wire/convert.h"
#include "tallystick/v1/delivery.pb.h"
#include "tallystick/v1/payment.pb.h"
#include "tallystick/v1/shopping.pb.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/message_mutator.h"
#include "tests/fuzz/script_target.h"
#include "tests/fuzz/trades.h"

namespace tallystick::fuzz {
namespace {

// What the client asks for in one go.
enum Errand { kAsk, kPlace, kProducts, kTrades, kCancel, kReturn, kChanges, kWork, kRecord };

struct Method {
  std::string name;
  const google::protobuf::Message* answer;
  Errand errand;
};

template <typename Response>
Method MethodOf(const char* service, const char* name, Errand errand) {
  return {absl::StrCat("/tallystick.v1.", service, "/", name), &Response::default_instance(),
          errand};
}

const std::vector<Method>& Methods() {
  static const std::vector<Method> methods = {
      MethodOf<v1::BatchGetTradingStatusesResponse>("ShoppingService", "BatchGetTradingStatuses",
                                                    kAsk),
      MethodOf<v1::BatchGetOrderStatusesResponse>("ShoppingService", "BatchGetOrderStatuses", kAsk),
      MethodOf<v1::BatchGetPaymentStatusesResponse>("PaymentService", "BatchGetPaymentStatuses",
                                                    kAsk),
      MethodOf<v1::BatchGetDeliveryStatusesResponse>("DeliveryService", "BatchGetDeliveryStatuses",
                                                     kAsk),
      MethodOf<v1::BatchPlaceOrdersResponse>("ShoppingService", "BatchPlaceOrders", kPlace),
      MethodOf<v1::ListProductsResponse>("ShoppingService", "ListProducts", kProducts),
      MethodOf<v1::ListTradesResponse>("ShoppingService", "ListTrades", kTrades),
      MethodOf<v1::CancelOrderResponse>("ShoppingService", "CancelOrder", kCancel),
      MethodOf<v1::ReturnProductsResponse>("ShoppingService", "ReturnProducts", kReturn),
      MethodOf<v1::WatchOrderStatusResponse>("ShoppingService", "WatchOrderStatus", kChanges),
      MethodOf<v1::WatchPaymentStatusResponse>("PaymentService", "WatchPaymentStatus", kChanges),
      MethodOf<v1::WatchDeliveryStatusResponse>("DeliveryService", "WatchDeliveryStatus", kChanges),
      MethodOf<v1::ShoppingOperationsListWorkResponse>("ShoppingOperations", "ListWork", kWork),
      MethodOf<v1::PaymentOperationsListWorkResponse>("PaymentOperations", "ListWork", kWork),
      MethodOf<v1::DeliveryOperationsListWorkResponse>("DeliveryOperations", "ListWork", kWork),
      MethodOf<v1::RecordTransactionResponse>("PaymentOperations", "RecordTransaction", kRecord),
      MethodOf<v1::RecordDispatchResponse>("DeliveryOperations", "RecordDispatch", kRecord),
      // An error, to whatever comes when there is nothing else.
      {"", &google::rpc::Status::default_instance(), kAsk}};
  return methods;
}

// The three servers in one.
class AnyServer final : public grpc::CallbackGenericService {
 public:
  AnyServer() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
    Check(server_ != nullptr, "the server runs");
    address_ = absl::StrCat("127.0.0.1:", port);
  }

  const std::string& address() const { return address_; }

  void Expect(const Script& script) {
    std::lock_guard lock(mutex_);
    answers_.clear();
    for (const Step& step : script) {
      answers_[Methods()[KindOf(step, Methods().size())].name].push_back(step.bytes);
    }
  }

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    std::lock_guard lock(mutex_);
    if (context->method() == "/tallystick.v1.ShoppingOperations/GetServiceAddresses") {
      v1::GetServiceAddressesResponse response;
      response.mutable_services()->set_shopping(address_);
      response.mutable_services()->set_payment(address_);
      response.mutable_services()->set_delivery(address_);
      return new Reply(response.SerializeAsString());
    }
    if (const auto answer = Take(context->method())) return new Reply(*answer);
    google::rpc::Status error;
    if (const auto answer = Take("")) error.ParseFromString(*answer);
    const int code = 1 + static_cast<int>(static_cast<unsigned>(error.code()) % 16);
    error.set_code(code);
    return new Reply(grpc::Status(static_cast<grpc::StatusCode>(code), error.message(),
                                  error.SerializeAsString()));
  }

 private:
  class Reply final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Reply(const std::string& bytes) {
      grpc::Slice slice(bytes);
      answer_ = grpc::ByteBuffer(&slice, 1);
      StartRead(&request_);
    }
    explicit Reply(grpc::Status error) : error_(std::move(error)) { StartRead(&request_); }

    void OnReadDone(bool) override {
      if (!error_.ok()) return Finish(error_);
      StartWriteAndFinish(&answer_, grpc::WriteOptions(), grpc::Status::OK);
    }
    void OnDone() override { delete this; }

   private:
    grpc::ByteBuffer request_;
    grpc::ByteBuffer answer_;
    grpc::Status error_;
  };

  std::optional<std::string> Take(const std::string& method) {
    std::deque<std::string>& waiting = answers_[method];
    if (waiting.empty()) return std::nullopt;
    std::string answer = std::move(waiting.front());
    waiting.pop_front();
    return answer;
  }

  std::mutex mutex_;
  std::map<std::string, std::deque<std::string>> answers_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

LedgerTrade TradeOf(const shopping::Order& order, const std::string& address) {
  LedgerTrade trade;
  trade.request_id = order.contents.trading_id;
  for (const ContentsLine& line : order.contents.lines) {
    trade.request.items.push_back({line.sku, line.quantity});
  }
  trade.request.ship_to = order.contents.ship_to;
  trade.place_time = kNow;
  trade.placement = Placement::kPlaced;
  trade.information = TradingInformation{
      order.contents, {address, address, address}, ContentsDigest(order.contents)};
  return trade;
}

class ShopTarget final : public ScriptTarget {
 public:
  ShopTarget()
      : shop_({"shop", server_.address(), "", "token"}, {"", "token"}, absl::Seconds(30),
              absl::ZeroDuration()),
        back_office_(shop_) {
    for (size_t i = 1; i <= 2; ++i) {
      trades_.push_back(TradeOf(Histories()[Histories().size() - i].order(), server_.address()));
      MessageMutator::Learn("trading_id",
                            trades_.back().information->contents.trading_id.ToString());
    }
  }

  std::vector<const google::protobuf::Message*> Kinds() const override {
    std::vector<const google::protobuf::Message*> kinds;
    for (const Method& method : Methods()) kinds.push_back(method.answer);
    return kinds;
  }

  void Run(const Script& script) override {
    server_.Expect(script);
    std::set<Errand> errands;
    for (const Step& step : script) {
      errands.insert(Methods()[KindOf(step, Methods().size())].errand);
    }
    for (const Errand errand : errands) Do(errand);
  }

  // The truth.
  std::vector<Script> Seeds() override {
    v1::BatchGetTradingStatusesResponse words;
    v1::BatchGetOrderStatusesResponse orders;
    v1::BatchGetPaymentStatusesResponse payments;
    v1::BatchGetDeliveryStatusesResponse deliveries;
    for (size_t i = 1; i <= trades_.size(); ++i) {
      const testing::History& history = Histories()[Histories().size() - i];
      v1::TradingStatus* word = words.add_results()->mutable_status();
      word->set_trading_id(history.order().contents.trading_id.ToString());
      *word->mutable_order() = wire::ToProto(history.order().status.order);
      *orders.add_results()->mutable_status() = word->order();
      auto* payment = payments.add_results();
      if (history.payment()) *payment->mutable_status() = wire::ToProto(history.payment()->status);
      auto* delivery = deliveries.add_results();
      if (history.delivery()) {
        *delivery->mutable_status() = wire::ToProto(history.delivery()->status);
      }
    }
    v1::WatchOrderStatusResponse change;
    *change.mutable_status() = orders.results(0).status();
    v1::ListProductsResponse products;
    v1::Product* product = products.add_products();
    product->set_sku("SKU-1");
    wire::Put(100, "USD", product->mutable_unit_price());
    products.add_delivery_options()->set_code("standard");
    return {{{5, products.SerializeAsString()}},
            {{0, words.SerializeAsString()},
             {1, orders.SerializeAsString()},
             {2, payments.SerializeAsString()},
             {3, deliveries.SerializeAsString()}},
            {{9, change.SerializeAsString()}, {9, change.SerializeAsString()}}};
  }

 private:
  // The catalogue prices an order; what that gives is printed as it is.
  void Price() {
    const auto pages = shop_.ListProducts();
    if (!pages.ok()) return;
    OrderRequest order;
    for (const CatalogueProduct& product : pages->products) {
      order.items.push_back({product.sku, 3});
      Check(IsHarmless(FormatMoney(product.unit_price)), "a price cannot steer the terminal");
    }
    if (!pages->options.empty()) order.delivery_option = pages->options.front().code;
    const auto total = EstimateTotal(order, *pages);
    if (total.ok()) Check(IsHarmless(FormatMoney(*total)), "nor can a total");
  }

  void Do(Errand errand) {
    const LedgerTrade& trade = trades_.front();
    const Uuid& id = trade.information->contents.trading_id;
    switch (errand) {
      case kAsk:
        for (const TradeView& view : shop_.Ask(trades_)) (void)Match(view, {}, kNow);
        return;
      case kPlace: {
        const auto answers = shop_.PlaceOrders(trades_);
        Check(!answers.ok() || answers->size() == trades_.size(), "each order has an answer");
        if (!answers.ok()) return;
        for (const auto& answer : *answers) {
          if (answer.ok()) (void)CheckInformation(*answer);
        }
        return;
      }
      case kProducts: return Price();
      case kTrades: (void)shop_.ListTrades(); return;
      case kCancel:
      case kReturn: {
        TradeRequest request{id};
        request.kind = errand == kCancel ? TradeRequest::kCancel : TradeRequest::kReturn;
        std::string return_id;
        (void)shop_.Send(request, trade, &return_id);
        return;
      }
      case kChanges:
        (void)ReadChanges<OrderStatus>(shop_, trade, 0, 3);
        (void)ReadChanges<PaymentStatus>(shop_, trade, 0, 3);
        (void)ReadChanges<DeliveryStatus>(shop_, trade, 0, 3);
        return;
      case kWork: (void)back_office_.ListWork(); return;
      case kRecord: {
        std::string left;
        (void)back_office_.RecordTransaction(id, 1, {}, TransactionState::kFailed, "");
        (void)back_office_.RecordDispatch(id, id, "1", {}, "", "", &left);
        return;
      }
    }
  }

  AnyServer server_;
  Shop shop_;
  BackOffice back_office_;
  std::vector<LedgerTrade> trades_;
};

}  // namespace

ScriptTarget* MakeTarget() { return new ShopTarget; }

}  // namespace tallystick::fuzz
