// The shop's gRPC service for buyers.
#pragma once

#include <string>

#include "platform/batch/batcher.h"
#include "platform/postgres/document_reader.h"
#include "services/shopping/workflow/catalogue_workflow.h"
#include "services/shopping/workflow/order_workflow.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick::shopping {

struct ProductQuery {
  std::string after_sku;
  int page_size = 0;
};

using OrderBatcher = Batcher<OrderDraft, Placed>;
using ProductBatcher = Batcher<ProductQuery, ProductPage>;

class ShoppingServiceImpl final : public v1::ShoppingService::CallbackService {
 public:
  // `addresses` go into every trading information.
  ShoppingServiceImpl(v1::ServiceAddresses addresses, OrderBatcher& orders,
                      postgres::DocumentReader& reader, ProductBatcher& products)
      : addresses_(std::move(addresses)), orders_(orders), reader_(reader), products_(products) {}

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

 private:
  v1::TradingInformation Information(const Placed& placed) const;

  const v1::ServiceAddresses addresses_;
  OrderBatcher& orders_;
  postgres::DocumentReader& reader_;
  ProductBatcher& products_;
};

}  // namespace tallystick::shopping
