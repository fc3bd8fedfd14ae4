// A replica of the shop: orders, requests and reports, each written in batches, and the queues of
// what they cause.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "services/shopping/workflow/order_workflow.h"
#include "services/shopping/workflow/shop_unit.h"
#include "tests/faults/simulation/lookout.h"
#include "tests/faults/simulation/reconciler.h"

namespace tallystick::simulation {

// What OrderUnit is in a server.
class SimulatedOrderUnit : public ObservedUnit<shopping::Order, shopping::OrderCodec> {
 public:
  using ObservedUnit::ObservedUnit;

  const shopping::Order* Put(const Uuid& id, shopping::Order order);
  shopping::Catalogue LoadCatalogue(const std::set<std::string>& skus);
  bool AddToStock(const std::vector<shopping::StockAdjustment>& adjustments);
  std::map<std::string, int64_t> TakeWhatIsLeft(
      const std::vector<shopping::StockAdjustment>& taken);
  std::map<Uuid, std::set<int64_t>> NumbersOf(int16_t queue, std::span<const Uuid> ids) {
    return transaction().database.NumbersOf(queue, ids);
  }
  std::vector<std::string> ReasonsOf(std::span<const WorkItem> items, int32_t tries) {
    return transaction().database.ReasonsOf(items, tries);
  }
  void Park(const std::vector<WorkItem>& items) { transaction().writes.parked = items; }
  std::map<Uuid, shopping::Refusal> Refusals();
  void Refuse(const Uuid& id, const std::string& buyer, const shopping::Refusal& refusal);
  std::map<shopping::RequestKey, shopping::Refusal> LoadRefusedRequests(
      std::span<const shopping::RequestKey> keys);
  void RecordDecidedRequests(std::span<const shopping::DecidedRequest> decided);
  void RefuseAfterAll(std::span<const shopping::DecidedRequest> refused);

 private:
  Transaction& transaction() { return tables().transaction; }
  bool Has(Defect defect) { return transaction().process.world().Has(defect); }
};
static_assert(shopping::ShopUnit<SimulatedOrderUnit>);

class ShopReplica final : public Replica {
 public:
  ShopReplica(const Place& place, Database& database, const Settings& settings);

 private:
  using Orders = Inbox<shopping::OrderDraft, shopping::Placed>;
  using Requests = Inbox<shopping::BuyerRequest, shopping::Requested>;
  using Reports = Inbox<StatusReport, ApplyAnswer>;

  void AddQueues();
  // A queue of instructions: what does not fit is looked at.
  Worker::Handle Noticing(Worker::Handle send);
  void ServeBuyers();
  void WriteOrders(const std::shared_ptr<Batch<shopping::OrderDraft>>& batch,
                   std::function<void(Orders::Answers)> done);
  void WriteRequests(const std::shared_ptr<Batch<shopping::BuyerRequest>>& batch,
                     std::function<void(Requests::Answers)> done);
  void WriteReports(const std::shared_ptr<Batch<StatusReport>>& batch,
                    std::function<void(Reports::Answers)> done);

  Orders orders_;
  Requests requests_;
  Reports reports_;
  Reconciler reconciler_;
  Lookout lookout_;
};

}  // namespace tallystick::simulation
