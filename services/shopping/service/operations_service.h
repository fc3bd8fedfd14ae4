// The shop's gRPC service for its back office.
#pragma once

#include <variant>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/rpc/work_list.h"
#include "services/shopping/workflow/catalogue_workflow.h"
#include "tallystick/v1/shopping.grpc.pb.h"

namespace tallystick::shopping {

struct UpsertProductsTask {
  std::vector<Product> products;
};
struct AdjustStockTask {
  Uuid request_id;
  std::vector<StockAdjustment> adjustments;
};
struct CatalogueTask {
  std::variant<UpsertProductsTask, AdjustStockTask> what;
  std::string subject;  // who asks
};
using WaitingTask = std::variant<rpc::WaitingQuery, WorkResolution>;
using WaitingAnswer = std::variant<rpc::WaitingPage, ResolvedWork>;
using WaitingBatcher = Batcher<WaitingTask, WaitingAnswer>;
using CatalogueBatcher = Batcher<CatalogueTask, std::monostate>;

class OperationsServiceImpl final : public v1::ShoppingOperations::CallbackService {
 public:
  OperationsServiceImpl(rpc::Gate& gate, v1::ServiceAddresses addresses, CatalogueBatcher& tasks,
                        WaitingBatcher& waiting)
      : gate_(gate), addresses_(std::move(addresses)), tasks_(tasks), waiting_(waiting) {}

  grpc::ServerUnaryReactor* UpsertProducts(grpc::CallbackServerContext* context,
                                           const v1::UpsertProductsRequest* request,
                                           v1::UpsertProductsResponse* response) override;
  grpc::ServerUnaryReactor* AdjustStock(grpc::CallbackServerContext* context,
                                        const v1::AdjustStockRequest* request,
                                        v1::AdjustStockResponse* response) override;
  grpc::ServerUnaryReactor* GetServiceAddresses(grpc::CallbackServerContext* context,
                                                const v1::GetServiceAddressesRequest* request,
                                                v1::GetServiceAddressesResponse* response) override;
  grpc::ServerUnaryReactor* ListWork(grpc::CallbackServerContext* context,
                                     const v1::ShoppingOperationsListWorkRequest* request,
                                     v1::ShoppingOperationsListWorkResponse* response) override;
  grpc::ServerUnaryReactor* ResolveWork(
      grpc::CallbackServerContext* context, const v1::ShoppingOperationsResolveWorkRequest* request,
      v1::ShoppingOperationsResolveWorkResponse* response) override;

 private:
  rpc::Gate& gate_;
  const v1::ServiceAddresses addresses_;
  CatalogueBatcher& tasks_;
  WaitingBatcher& waiting_;
};

}  // namespace tallystick::shopping
