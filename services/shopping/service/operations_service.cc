#include "services/shopping/service/operations_service.h"

#include <set>

#include "platform/rpc/call.h"
#include "platform/trade/text.h"

namespace tallystick::shopping {
namespace {

constexpr int64_t kMaxStockDelta = 1'000'000'000'000;

absl::StatusOr<CatalogueTask> ReadProducts(const v1::UpsertProductsRequest& request) {
  std::vector<Product> products;
  std::set<std::string> seen;
  for (const v1::Product& proto : request.products()) {
    const std::string at = absl::StrCat("products[", products.size(), "]");
    Product product{proto.sku(),
                    proto.name(),
                    proto.category(),
                    proto.unit_price().currency_code(),
                    proto.unit_price().minor_units(),
                    proto.tax_rate_basis_points()};
    const absl::Status status = CheckProduct(product, at);
    if (!status.ok()) return status;
    if (!seen.insert(product.sku).second) return InvalidField(at + ".sku", "stands there twice");
    products.push_back(std::move(product));
  }
  return CatalogueTask{UpsertProductsTask{std::move(products)}, ""};
}

absl::StatusOr<CatalogueTask> ReadAdjustments(const v1::AdjustStockRequest& request) {
  const std::optional<Uuid> request_id = ParseUuid(request.request_id());
  if (!request_id) {
    return InvalidField("request_id", "give a UUID of your own, best of version 7");
  }
  AdjustStockTask task{*request_id, {}};
  std::set<std::string> seen;
  for (const v1::StockAdjustment& proto : request.adjustments()) {
    const std::string at = absl::StrCat("adjustments[", task.adjustments.size(), "]");
    if (!IsSku(proto.sku())) return InvalidField(at + ".sku", "is not a SKU");
    if (!seen.insert(proto.sku()).second) return InvalidField(at + ".sku", "stands there twice");
    if (proto.delta() < -kMaxStockDelta || proto.delta() > kMaxStockDelta) {
      return InvalidField(at + ".delta", absl::StrCat("give at most ", kMaxStockDelta));
    }
    task.adjustments.push_back({proto.sku(), proto.delta()});
  }
  return CatalogueTask{std::move(task), ""};
}

grpc::ServerUnaryReactor* HandTask(grpc::CallbackServerContext* context, rpc::Gate& gate,
                                   CatalogueBatcher& tasks, absl::string_view field, int count,
                                   absl::FunctionRef<absl::StatusOr<CatalogueTask>()> read) {
  absl::StatusOr<rpc::Admission> call = gate.AdmitOperator(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  const absl::Status size = rpc::CheckBatchSize(field, count);
  if (!size.ok()) return rpc::Finish(context, size);
  absl::StatusOr<CatalogueTask> task = read();
  if (!task.ok()) return rpc::Finish(context, task.status());
  task->subject = call->subject();
  return rpc::Hand(context, *std::move(call), tasks, *std::move(task), [](std::monostate) {});
}

}  // namespace

grpc::ServerUnaryReactor* OperationsServiceImpl::UpsertProducts(
    grpc::CallbackServerContext* context, const v1::UpsertProductsRequest* request,
    v1::UpsertProductsResponse*) {
  return HandTask(context, gate_, tasks_, "products", request->products_size(),
                  [request] { return ReadProducts(*request); });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::AdjustStock(grpc::CallbackServerContext* context,
                                                             const v1::AdjustStockRequest* request,
                                                             v1::AdjustStockResponse*) {
  return HandTask(context, gate_, tasks_, "adjustments", request->adjustments_size(),
                  [request] { return ReadAdjustments(*request); });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::GetServiceAddresses(
    grpc::CallbackServerContext* context, const v1::GetServiceAddressesRequest*,
    v1::GetServiceAddressesResponse* response) {
  const absl::StatusOr<rpc::Admission> call = gate_.AdmitOperator(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  *response->mutable_services() = addresses_;
  return rpc::Finish(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ListWork(
    grpc::CallbackServerContext* context, const v1::ShoppingOperationsListWorkRequest* request,
    v1::ShoppingOperationsListWorkResponse* response) {
  return rpc::ListWorkCall(context, gate_, waiting_, *request, response);
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ResolveWork(
    grpc::CallbackServerContext* context, const v1::ShoppingOperationsResolveWorkRequest* request,
    v1::ShoppingOperationsResolveWorkResponse* response) {
  return rpc::ResolveWorkCall(context, gate_, waiting_, *request, response);
}

}  // namespace tallystick::shopping
