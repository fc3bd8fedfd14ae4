// The shop's calls for its back office.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "platform/calls/work_list.h"
#include "services/shopping/workflow/catalogue_workflow.h"
#include "tallystick/v1/shopping.pb.h"

namespace tallystick::shopping {

struct UpsertProductsTask {
  std::vector<Product> products;
  std::string subject;  // who asks
};
struct AdjustStockTask {
  Uuid request_id;
  std::vector<StockAdjustment> adjustments;
  std::string subject;  // who asks
};

// What they do; called by the thread of the task desk.
struct Operations {
  std::function<absl::Status(const UpsertProductsTask&)> upsert_products;
  std::function<absl::Status(const AdjustStockTask&)> adjust_stock;
  rpc::WaitingWork waiting;
};

rpc::ServiceTable OperationsCalls(const v1::ServiceAddresses& addresses, rpc::TaskDesk& tasks,
                                  const Operations& operations);

}  // namespace tallystick::shopping
