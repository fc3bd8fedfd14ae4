#include "services/delivery/workflow/delivery_workflow.h"

#include <optional>

#include "platform/batch/batcher.h"
#include "platform/time/steady.h"
#include "services/delivery/workflow/delivery_decisions.h"

namespace tallystick::delivery {

DeliveryWorkflow::DeliveryWorkflow(const CommitterOptions& options, Carrier& carrier,
                                   absl::Duration carrier_pace)
    : carrier_(carrier),
      work_lease_(options.work_lease),
      carrier_pace_(carrier_pace),
      instructions_(options),
      carrier_steps_(options),
      by_hand_(options) {}

std::vector<absl::StatusOr<ApplyAnswer>> DeliveryWorkflow::ApplyInstructions(
    std::span<const DeliveryInstruction> instructions) {
  auto answers = instructions_.Commit(
      TradesOfMessages<InstructionRules>(instructions), [&](Deliveries::Unit& unit) {
        return DeliveryDecisions(unit, carrier_pace_).ApplyInstructions(instructions);
      });
  if (!answers.ok()) return AllFailed<ApplyAnswer>(instructions.size(), answers.status());
  return *std::move(answers);
}

absl::StatusOr<std::vector<WorkVerdict>> DeliveryWorkflow::RunCarrierSteps(
    std::span<const WorkItem> items) {
  using Found = absl::StatusOr<std::vector<std::optional<Delivery>>>;
  const Found found = carrier_steps_.Read(TradesOf(items), [&](Deliveries::Unit& unit) -> Found {
    const absl::Status known = carrier_steps_.CheckDatabase(unit.tables().transaction);
    if (!known.ok()) return known;
    return DeliveryDecisions(unit, carrier_pace_).LoadSteps(items);
  });
  if (!found.ok()) return found.status();
  std::vector<CarrierStep> steps(items.size());
  const SteadyTime enough = SteadyAfter(work_lease_ / 4);
  for (size_t i = 0; i < items.size() && (i == 0 || SteadyNow() < enough); ++i) {
    const std::optional<Delivery>& delivery = (*found)[i];
    steps[i] = AskCarrier(carrier_, delivery ? &*delivery : nullptr, items[i]);
  }
  return carrier_steps_.Commit(TradesOf(items), [&](Deliveries::Unit& unit) {
    return DeliveryDecisions(unit, carrier_pace_).SettleSteps(items, steps);
  });
}

absl::StatusOr<Recorded> DeliveryWorkflow::Record(const ByHand& by_hand) {
  return by_hand_.Commit({by_hand.trading_id}, [&](Deliveries::Unit& unit) {
    return DeliveryDecisions(unit, carrier_pace_).Record(by_hand);
  });
}

absl::StatusOr<std::vector<WaitingItem>> DeliveryWorkflow::ListWaiting(const WorkItem& after,
                                                                       size_t limit) {
  return tallystick::ListWaiting(by_hand_, after, limit, DescribeWaiting);
}

absl::StatusOr<ResolvedWork> DeliveryWorkflow::Resolve(const WorkResolution& resolution) {
  return ResolveWork(by_hand_.session(), resolution, by_hand_.now(),
                     "DeliveryOperations/ResolveWork", {&kReportQueue, 1});
}

}  // namespace tallystick::delivery
