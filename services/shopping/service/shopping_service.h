// The shop's gRPC service for buyers.
#pragma once

#include <string>

#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/rpc/gate.h"
#include "services/shopping/workflow/catalogue_workflow.h"
#include "services/shopping/workflow/order_workflow.h"
#include "services/shopping/workflow/trade_list.h"
#include "tallystick/record/v1/order_record.pb.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick::shopping {

struct ProductQuery {
  std::string after_sku;
  int page_size = 0;
};

struct TradeQuery {
  std::string buyer;
  ListedTrade after;
  int page_size = 0;
};

using OrderBatcher = Batcher<OrderDraft, Placed>;
using RequestBatcher = Batcher<BuyerRequest, Requested>;
using ProductBatcher = Batcher<ProductQuery, ProductPage>;
using TradeBatcher = Batcher<TradeQuery, TradePage>;

// What the service hands its requests to.
struct ShoppingDesks {
  StatusReader& statuses;
  OrderBatcher& orders;
  RequestBatcher& requests;
  ProductBatcher& products;
  TradeBatcher& trades;
};

class ShoppingServiceImpl final : public v1::ShoppingService::CallbackService {
 public:
  // `addresses` go into every trading information.
  ShoppingServiceImpl(rpc::Gate& gate, v1::ServiceAddresses addresses, const ShoppingDesks& desks)
      : gate_(gate), addresses_(std::move(addresses)), desks_(desks) {}

  grpc::ServerUnaryReactor* ListProducts(grpc::CallbackServerContext* context,
                                         const v1::ListProductsRequest* request,
                                         v1::ListProductsResponse* response) override;
  grpc::ServerUnaryReactor* PlaceOrder(grpc::CallbackServerContext* context,
                                       const v1::PlaceOrderRequest* request,
                                       v1::PlaceOrderResponse* response) override;
  grpc::ServerUnaryReactor* BatchPlaceOrders(grpc::CallbackServerContext* context,
                                             const v1::BatchPlaceOrdersRequest* request,
                                             v1::BatchPlaceOrdersResponse* response) override;
  grpc::ServerUnaryReactor* GetTradingInformation(
      grpc::CallbackServerContext* context, const v1::GetTradingInformationRequest* request,
      v1::GetTradingInformationResponse* response) override;
  grpc::ServerUnaryReactor* GetOrderStatus(grpc::CallbackServerContext* context,
                                           const v1::GetOrderStatusRequest* request,
                                           v1::GetOrderStatusResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetOrderStatuses(
      grpc::CallbackServerContext* context, const v1::BatchGetOrderStatusesRequest* request,
      v1::BatchGetOrderStatusesResponse* response) override;
  grpc::ServerUnaryReactor* GetTradingStatus(grpc::CallbackServerContext* context,
                                             const v1::GetTradingStatusRequest* request,
                                             v1::GetTradingStatusResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetTradingStatuses(
      grpc::CallbackServerContext* context, const v1::BatchGetTradingStatusesRequest* request,
      v1::BatchGetTradingStatusesResponse* response) override;
  grpc::ServerUnaryReactor* ListTrades(grpc::CallbackServerContext* context,
                                       const v1::ListTradesRequest* request,
                                       v1::ListTradesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchOrderStatusResponse>* WatchOrderStatus(
      grpc::CallbackServerContext* context, const v1::WatchOrderStatusRequest* request) override;
  grpc::ServerUnaryReactor* CancelOrder(grpc::CallbackServerContext* context,
                                        const v1::CancelOrderRequest* request,
                                        v1::CancelOrderResponse* response) override;
  grpc::ServerUnaryReactor* ReturnProducts(grpc::CallbackServerContext* context,
                                           const v1::ReturnProductsRequest* request,
                                           v1::ReturnProductsResponse* response) override;

 private:
  v1::TradingInformation Information(const Placed& placed) const;
  void WriteInformation(record::v1::OrderRecord record, v1::TradingInformation* information) const;

  rpc::Gate& gate_;
  const v1::ServiceAddresses addresses_;
  const ShoppingDesks desks_;
};

}  // namespace tallystick::shopping
