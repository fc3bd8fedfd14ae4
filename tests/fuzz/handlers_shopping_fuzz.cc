// Every request message of the shop, through its handlers.
#include <algorithm>

#include "platform/wire/convert.h"
#include "services/shopping/service/buyer_calls.h"
#include "services/shopping/service/operations_calls.h"
#include "services/shopping/service/report_calls.h"
#include "services/shopping/store/order_store.h"
#include "tests/fuzz/handlers.h"

namespace tallystick::fuzz {
namespace {

using shopping::BuyerRequest;
using shopping::CancelRequest;
using shopping::Change;
using shopping::Order;
using shopping::OrderDraft;
using shopping::Placed;
using shopping::Product;
using shopping::Requested;
using Orders = StubTable<Order, shopping::OrderCodec>;

// Encodes the instructions, as a commit would.
void EncodeWork(const Change& change) {
  std::vector<WorkItem> work;
  shopping::AppendInstructions(change, work);
}

// What the shop's database holds, and what its workflows do with it.
class StubShop {
 public:
  StubShop() {
    for (const testing::History& history : Histories()) orders_.Begin(history.order());
    for (int i = 0; i < 4; ++i) {
      const std::string sku = "SKU-" + std::to_string(i);
      begun_.products[sku] = {sku, "Product " + sku, "", i == 3 ? "EUR" : "USD", 100 * i, 700,
                              1000};
    }
    begun_.options["standard"] = {"standard", "Standard", 490, absl::Hours(120)};
    begun_.options["express"] = {"express", "Express", 1490, absl::Hours(24)};
  }

  void Reset() {
    orders_.Reset();
    catalogue_ = begun_;
  }

  Orders& orders() { return orders_; }

  absl::StatusOr<Placed> Place(const OrderDraft& draft) {
    const Uuid id = TradingIdFor(std::string(32, 'k'), draft.buyer, draft.request_id);
    const std::string fingerprint = shopping::Fingerprint(draft);
    if (const std::optional<Order> known = orders_.Find(id)) {
      if (known->request_fingerprint == fingerprint) {
        return Placed{known->contents, known->status.order.contents_digest,
                      known->policy.return_period};
      }
      return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED", "used before");
    }
    auto contents = shopping::PriceAndTake(draft, id, catalogue_, kNow);
    if (!contents.ok()) return contents.status();
    const Change change =
        shopping::Accept(*contents, draft.buyer, fingerprint, draft.payment_method, {}, kNow);
    EncodeWork(change);
    orders_.Put(change.order);
    return Placed{*std::move(contents), change.order.status.order.contents_digest,
                  shopping::OrderPolicy{}.return_period};
  }

  absl::StatusOr<Requested> Apply(const BuyerRequest& request) {
    std::optional<Order> order = orders_.Find(request.trading_id);
    if (!order || order->buyer != request.buyer) return TradeNotFound();
    const auto* cancel = std::get_if<CancelRequest>(&request.what);
    const auto* goods = std::get_if<shopping::ReturnRequest>(&request.what);
    const auto change = cancel != nullptr ? shopping::Cancel(*order, *cancel, kNow)
                                          : shopping::ReturnGoods(*order, *goods, kNow);
    if (!change.ok()) return change.status();
    if (*change) {
      EncodeWork(**change);
      order = (*change)->order;
      orders_.Put(*order);
    }
    const Uuid& request_id = cancel != nullptr ? cancel->request_id : goods->request_id;
    return Requested{order->status.order, shopping::ReturnMadeBy(*order, request_id)};
  }

  std::vector<absl::StatusOr<ApplyAnswer>> Apply(std::span<const StatusReport> reports) {
    return ApplyAll<shopping::ReportRules>(orders_, reports, [this](Change change) {
      for (const GoodsQuantity& goods : change.stock_back) {
        int64_t& stock = catalogue_.products[goods.sku].stock;
        const auto more = CheckedAdd(stock, goods.quantity);
        stock = more.value_or(stock);
      }
      EncodeWork(change);
      return std::move(change.order);
    });
  }

  absl::Status Upsert(const shopping::UpsertProductsTask& task) {
    for (const Product& product : task.products) {
      Product& kept = catalogue_.products[product.sku];
      const int64_t stock = kept.stock;
      kept = product;
      kept.stock = stock;
    }
    return absl::OkStatus();
  }

  absl::Status Adjust(const shopping::AdjustStockTask& task) {
    for (const auto& adjustment : task.adjustments) {
      const auto found = catalogue_.products.find(adjustment.sku);
      if (found == catalogue_.products.end()) {
        return MakeError(absl::StatusCode::kInvalidArgument, "UNKNOWN_SKU", "there is none",
                         {{"sku", adjustment.sku}});
      }
      const auto sum = CheckedAdd(found->second.stock, adjustment.delta);
      if (sum && *sum >= 0) found->second.stock = *sum;
    }
    return absl::OkStatus();
  }

  shopping::ProductPage List(const shopping::ProductQuery& query) const {
    shopping::ProductPage page;
    for (auto at = catalogue_.products.upper_bound(query.after_sku);
         at != catalogue_.products.end() && !page.more; ++at) {
      page.more = static_cast<int>(page.products.size()) == query.page_size;
      if (!page.more) page.products.push_back(at->second);
    }
    for (const auto& [code, option] : catalogue_.options) page.options.push_back(option);
    return page;
  }

  shopping::TradePage List(const shopping::TradeQuery& query) const {
    std::vector<std::pair<shopping::ListedTrade, const std::string*>> trades;
    for (const auto& [id, row] : orders_.rows()) {
      const Order order = shopping::OrderCodec::Decode(row);
      const int64_t millis = absl::ToUnixMillis(order.contents.order_time);
      const bool is_next =
          std::pair(millis, id) < std::pair(query.after.order_millis, query.after.trading_id);
      if (row.buyer == query.buyer && is_next) trades.push_back({{id, millis}, &row.document});
    }
    std::sort(trades.begin(), trades.end(), [](const auto& one, const auto& other) {
      return std::pair(one.first.order_millis, one.first.trading_id) >
             std::pair(other.first.order_millis, other.first.trading_id);
    });
    shopping::TradePage page;
    page.more = trades.size() > static_cast<size_t>(query.page_size);
    if (page.more) trades.resize(static_cast<size_t>(query.page_size));
    for (const auto& [trade, document] : trades) {
      page.documents.push_back(*document);
      page.last = trade;
    }
    return page;
  }

 private:
  Orders orders_;
  shopping::Catalogue begun_;
  shopping::Catalogue catalogue_;
};

// A batcher's function that answers one request after the other.
template <typename Answer, typename Request, typename One>
auto Each(One one) {
  return [one](std::span<const Request> requests) {
    std::vector<absl::StatusOr<Answer>> answers;
    for (const Request& request : requests) answers.push_back(one(request));
    return answers;
  };
}

v1::ServiceAddresses Addresses() {
  v1::ServiceAddresses addresses;
  addresses.set_shopping("127.0.0.1:1");
  addresses.set_payment("127.0.0.1:2");
  addresses.set_delivery("127.0.0.1:3");
  return addresses;
}

class ShoppingTarget final : public ScriptTarget {
 public:
  ShoppingTarget()
      : statuses_(shop_.orders()),
        orders_({}, Each<Placed, OrderDraft>([this](const auto& one) { return shop_.Place(one); })),
        requests_({}, Each<Requested, BuyerRequest>(
                          [this](const auto& one) { return shop_.Apply(one); })),
        reports_({}, [this](std::span<const StatusReport> batch) { return shop_.Apply(batch); }),
        products_({}, Each<shopping::ProductPage, shopping::ProductQuery>(
                          [this](const auto& one) { return shop_.List(one); })),
        trades_({}, Each<shopping::TradePage, shopping::TradeQuery>(
                        [this](const auto& one) { return shop_.List(one); })),
        tasks_({}, [](const auto& batch) { return rpc::RunTask(batch.requests()); }),
        health_({"tallystick.v1.ShoppingService"}),
        methods_(
            entrance_, statuses_.watching,
            {shopping::ReportCalls(reports_),
             shopping::BuyerCalls(Addresses(), {statuses_, orders_, requests_, products_, trades_}),
             shopping::OperationsCalls(Addresses(), tasks_,
                                       {[this](const auto& task) { return shop_.Upsert(task); },
                                        [this](const auto& task) { return shop_.Adjust(task); },
                                        WaitingIn(shop_.orders())}),
             health_.Table()}) {}

  std::vector<const google::protobuf::Message*> Kinds() const override { return methods_.kinds(); }

  void Run(const Script& script) override {
    shop_.Reset();
    for (const Step& step : script) methods_.Call(step);
  }

  // What payment and delivery report of each trade next, then what its buyer asks; and an order.
  std::vector<Script> Seeds() override {
    std::vector<Script> seeds;
    for (testing::History history : Histories()) {
      const std::string id = history.order().contents.trading_id.ToString();
      int64_t payment = history.order().status.order.payment_revision;
      int64_t delivery = history.order().status.order.delivery_revision;
      while (history.Step()) {
      }
      Script script;
      v1::ApplyReportsRequest request;
      for (const testing::Moment& moment : history.moments()) {
        if (moment.payment && moment.payment->revision == payment + 1) {
          ++payment;
          *request.add_reports()->mutable_payment() = wire::ToProto(*moment.payment);
        }
        if (moment.delivery && moment.delivery->revision == delivery + 1) {
          ++delivery;
          *request.add_reports()->mutable_delivery() = wire::ToProto(*moment.delivery);
        }
        if (request.reports_size() < 5 || script.size() == kMaxSteps - 2) continue;
        script.push_back(methods_.To("ApplyReports", request));
        request.Clear();
      }
      v1::CancelOrderRequest cancel;
      cancel.set_request_id("01900000-0000-7000-8000-000000000001");
      cancel.set_trading_id(id);
      v1::ReturnProductsRequest goods;
      goods.set_request_id("01900000-0000-7000-8000-000000000002");
      goods.set_trading_id(id);
      wire::PutGoods({{"SKU-0", 1}}, goods.mutable_lines());
      script.push_back(methods_.To("ReturnProducts", goods));
      script.push_back(methods_.To("CancelOrder", cancel));
      seeds.push_back(std::move(script));
    }
    v1::PlaceOrderRequest order;
    order.set_request_id("01900000-0000-7000-8000-000000000001");
    order.add_items()->set_sku("SKU-1");
    order.mutable_items(0)->set_quantity(3);
    order.mutable_ship_to()->add_lines("Alice");
    order.set_payment_method("pm_sandbox_ok");
    seeds.push_back({methods_.To("PlaceOrder", order)});
    return seeds;
  }

 private:
  Entrance entrance_;
  StubShop shop_;
  StubStatuses<Orders> statuses_;
  shopping::OrderBatcher orders_;
  shopping::RequestBatcher requests_;
  shopping::ReportBatcher reports_;
  shopping::ProductBatcher products_;
  shopping::TradeBatcher trades_;
  rpc::TaskDesk tasks_;
  rpc::Health health_;
  Methods methods_;
};

}  // namespace

ScriptTarget* MakeTarget() { return new ShoppingTarget; }

}  // namespace tallystick::fuzz
