// The shop's gRPC service for its back office.
#pragma once

#include <variant>
#include <vector>

#include "platform/batch/batcher.h"
#include "services/shopping/workflow/catalogue_workflow.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick::shopping {

struct AdjustStockTask {
  Uuid request_id;
  std::vector<StockAdjustment> adjustments;
};
using CatalogueTask = std::variant<std::vector<Product>, AdjustStockTask>;
using CatalogueBatcher = Batcher<CatalogueTask, std::monostate>;

class OperationsServiceImpl final : public v1::ShoppingOperations::CallbackService {
 public:
  explicit OperationsServiceImpl(CatalogueBatcher& tasks) : tasks_(tasks) {}

  grpc::ServerUnaryReactor* UpsertProducts(grpc::CallbackServerContext* context,
                                           const v1::UpsertProductsRequest* request,
                                           v1::UpsertProductsResponse* response) override;
  grpc::ServerUnaryReactor* AdjustStock(grpc::CallbackServerContext* context,
                                        const v1::AdjustStockRequest* request,
                                        v1::AdjustStockResponse* response) override;

 private:
  CatalogueBatcher& tasks_;
};

}  // namespace tallystick::shopping
