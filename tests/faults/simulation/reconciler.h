// The shop's end of what makes the three meet again: the worker of kReconcileQueue, as
// services/shopping/workflow/reconciliation.h has it, on the run's time.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "platform/trade/report.h"
#include "services/shopping/workflow/comparing.h"
#include "tests/faults/simulation/replica.h"

namespace tallystick::simulation {

class Reconciler {
 public:
  Reconciler(Replica& shop, const Replica::Place& place, Database& orders);

  void Work(std::span<const WorkItem> items, std::function<void(Verdicts)> done);
  // Has trades looked at whose messages did not fit.
  void Notice(const std::vector<WorkItem>& items);

 private:
  // The items of one call, and what is known of their trades.
  struct Looking;
  using Shared = std::shared_ptr<Looking>;
  using Then = std::function<void()>;

  // How far one of all trades has come, by the number of its work.
  struct Comparison {
    Uuid after;
    SteadyTime begun;
    SteadyTime worked_on;
  };

  // All that are asked for, one after the other; then the trades.
  void CompareNext(const Shared& looking);
  void ComparePage(const Shared& looking, int64_t number);
  void TakePage(const Shared& looking, int64_t number, std::vector<TradePosition> payment,
                std::vector<TradePosition> delivery);
  void Begin(const Shared& looking);
  void AskBoth(const Shared& looking);
  void Reconcile(const Shared& looking);
  void GiveBack(const Shared& looking, Database& other,
                std::optional<RememberedTrade> shopping::Reconciled::*remembered, Then then);
  static bool IsNoticed(const Looking& looking);
  void Judge(const Shared& looking);
  void Finish(const Shared& looking);

  // A call to one of `other`; what it cannot answer is the whole batch's trouble.
  template <typename Request, typename Response>
  void Ask(const Shared& looking, Database& other, const char* method, const Request& request,
           std::function<void(Response)> then,
           std::function<void(const absl::Status&)> failed = nullptr);
  void Insert(const char* what, std::vector<WorkItem> work, std::function<void(absl::Status)> then);

  Replica& shop_;
  Cluster& cluster_;
  Node& node_;
  Database& orders_;
  World& world_;
  std::map<int64_t, Comparison> comparisons_;
  SteadyTime compare_again_ = SteadyTime::min();
};

}  // namespace tallystick::simulation
