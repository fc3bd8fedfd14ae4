#include "services/shopping/service/operations_calls.h"

#include <set>

#include "platform/trade/text.h"

namespace tallystick::shopping {
namespace {

constexpr int64_t kMaxStockDelta = 1'000'000'000'000;

absl::StatusOr<UpsertProductsTask> ReadProducts(const rpc::Call& call,
                                                const v1::UpsertProductsRequest& request) {
  const absl::Status size = rpc::CheckBatchSize("products", request.products_size());
  if (!size.ok()) return size;
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
  return UpsertProductsTask{std::move(products), call.subject()};
}

absl::StatusOr<AdjustStockTask> ReadAdjustments(const rpc::Call& call,
                                                const v1::AdjustStockRequest& request) {
  const absl::Status size = rpc::CheckBatchSize("adjustments", request.adjustments_size());
  if (!size.ok()) return size;
  const std::optional<Uuid> request_id = ParseUuid(request.request_id());
  if (!request_id) {
    return InvalidField("request_id", "give a UUID of your own, best of version 7");
  }
  AdjustStockTask task{*request_id, {}, call.subject()};
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
  return task;
}

// A task that changes the catalogue and answers with nothing.
template <typename Request, typename Response, typename Task>
void AddChange(rpc::ServiceTable& table, std::string name, rpc::TaskDesk& tasks,
               absl::StatusOr<Task> (*read)(const rpc::Call&, const Request&),
               const std::function<absl::Status(const Task&)>& change) {
  rpc::AddTask<Request, Response>(table, std::move(name), rpc::ForOperators(), tasks, read,
                                  [change](const Task& task) -> absl::StatusOr<Response> {
                                    const absl::Status changed = change(task);
                                    if (!changed.ok()) return changed;
                                    return Response();
                                  });
}

}  // namespace

rpc::ServiceTable OperationsCalls(const v1::ServiceAddresses& addresses, rpc::TaskDesk& tasks,
                                  const Operations& operations) {
  rpc::ServiceTable table("tallystick.v1.ShoppingOperations");
  AddChange<v1::UpsertProductsRequest, v1::UpsertProductsResponse>(
      table, "UpsertProducts", tasks, ReadProducts, operations.upsert_products);
  AddChange<v1::AdjustStockRequest, v1::AdjustStockResponse>(
      table, "AdjustStock", tasks, ReadAdjustments, operations.adjust_stock);
  table.AddImmediate<v1::GetServiceAddressesRequest, v1::GetServiceAddressesResponse>(
      "GetServiceAddresses", rpc::ForOperators(),
      [addresses](rpc::Call&, const v1::GetServiceAddressesRequest&,
                  v1::GetServiceAddressesResponse& response) {
        *response.mutable_services() = addresses;
        return absl::OkStatus();
      });
  rpc::AddWork<v1::ShoppingOperationsListWorkRequest, v1::ShoppingOperationsListWorkResponse,
               v1::ShoppingOperationsResolveWorkRequest, v1::ShoppingOperationsResolveWorkResponse>(
      table, tasks, operations.waiting);
  return table;
}

}  // namespace tallystick::shopping
