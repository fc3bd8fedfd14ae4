#include "services/shopping/workflow/order_workflow.h"

#include "platform/ids/trace.h"
#include "platform/process/log.h"
#include "platform/relay/apply_numbered.h"
#include "services/shopping/store/known_databases.h"
#include "services/shopping/store/order_unit.h"
#include "services/shopping/workflow/placing.h"
#include "services/shopping/workflow/reporting.h"
#include "services/shopping/workflow/requesting.h"

namespace tallystick::shopping {
namespace {

// What is asked of an order follows from what became of it: a database that has lost something
// would tell the buyer yes where it has to be no, or do twice what was done.
CommitterOptions OnKnownDatabase(CommitterOptions committing) {
  committing.is_known_database = &kIsOwnKnown;
  return committing;
}

}  // namespace

OrderWorkflow::OrderWorkflow(const CommitterOptions& committing, OrderOptions options)
    : options_(std::move(options)),
      orders_(committing),
      requests_(OnKnownDatabase(committing)),
      reports_(committing) {}

std::vector<absl::StatusOr<Placed>> OrderWorkflow::PlaceOrders(const Batch<OrderDraft>& batch) {
  const std::span<const OrderDraft> drafts = batch.requests();
  const DraftKeys keys(drafts, options_.trading_id_key);
  auto placed = orders_.Commit(keys.ids, [&](OrderUnit::Orders& orders) {
    OrderUnit unit(orders);
    Placing placing(unit, options_, batch, keys);
    std::vector<absl::StatusOr<Placed>> answers = placing.PlaceAll();
    placing.Save();
    return answers;
  });
  if (!placed.ok()) return AllFailed<Placed>(drafts.size(), placed.status());
  for (size_t i = 0; i < drafts.size(); ++i) {
    if (!(*placed)[i].ok()) continue;
    log::Info("order placed", {{"trading_id", keys.ids[i].ToString()},
                               {"request_id", drafts[i].request_id.ToString()},
                               {"trace_id", TraceIdOf(drafts[i].traceparent)}});
  }
  return *std::move(placed);
}

std::vector<absl::StatusOr<Requested>> OrderWorkflow::ApplyRequests(
    const Batch<BuyerRequest>& batch) {
  const RequestKeys keys(batch.requests());
  auto applied = requests_.Commit(keys.ids, [&](OrderUnit::Orders& orders) {
    OrderUnit unit(orders);
    Requesting requesting(unit, batch, keys);
    std::vector<absl::StatusOr<Requested>> answers = requesting.ApplyAll();
    requesting.Save();
    return answers;
  });
  if (!applied.ok()) return AllFailed<Requested>(keys.ids.size(), applied.status());
  return *std::move(applied);
}

std::vector<absl::StatusOr<ApplyAnswer>> OrderWorkflow::ApplyReports(
    std::span<const StatusReport> reports) {
  auto answers =
      reports_.Commit(TradesOfMessages<ReportRules>(reports), [&](OrderUnit::Orders& orders) {
        OrderUnit unit(orders);
        Reporting reporting(unit, options_.reconcile_patience);
        std::vector<absl::StatusOr<ApplyAnswer>> answers = reporting.Apply(reports);
        reporting.Save();
        return answers;
      });
  if (!answers.ok()) return AllFailed<ApplyAnswer>(reports.size(), answers.status());
  return *std::move(answers);
}

}  // namespace tallystick::shopping
