#include "services/delivery/workflow/delivery_workflow.h"

#include <optional>

#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "platform/relay/apply_numbered.h"
#include "services/delivery/domain/instruction_rules.h"
#include "services/delivery/workflow/carrier_rules.h"

namespace tallystick::delivery {

DeliveryWorkflow::DeliveryWorkflow(const CommitterOptions& options, Carrier& carrier,
                                   absl::Duration carrier_pace)
    : carrier_(carrier),
      work_lease_(options.work_lease),
      carrier_pace_(carrier_pace),
      instructions_(options),
      carrier_steps_(options),
      by_hand_(options) {}

const Delivery* DeliveryWorkflow::Put(Deliveries::Unit& unit, Change change) const {
  const Uuid id = change.delivery.status.trading_id;
  std::vector<WorkItem>& work = unit.work();
  work.push_back(ReportItem(change.delivery));
  if (change.book) work.push_back(BookingItem(id, carrier_pace_));
  for (const std::string& shipment_id : change.to_follow) {
    work.push_back(StepItem(id, shipment_id, carrier_pace_));
  }
  for (const std::string& return_id : change.to_collect) {
    work.push_back(StepItem(id, return_id, carrier_pace_));
  }
  return unit.Put(id, std::move(change.delivery));
}

std::vector<absl::StatusOr<ApplyAnswer>> DeliveryWorkflow::ApplyInstructions(
    std::span<const DeliveryInstruction> instructions) {
  auto answers = instructions_.Commit(
      TradesOfMessages<InstructionRules>(instructions), [&](Deliveries::Unit& unit) {
        return ApplyNumbered<InstructionRules>(
            unit, instructions, [&](const Uuid&, Change change) { Put(unit, std::move(change)); });
      });
  if (!answers.ok()) return AllFailed<ApplyAnswer>(instructions.size(), answers.status());
  return *std::move(answers);
}

absl::StatusOr<std::vector<WorkVerdict>> DeliveryWorkflow::RunCarrierSteps(
    std::span<const WorkItem> items) {
  const auto found = carrier_steps_.Read(TradesOf(items), [&](Deliveries::Unit& unit) {
    std::vector<std::optional<Delivery>> found;
    for (const WorkItem& item : items) {
      const Delivery* delivery = unit.Find(item.trading_id);
      found.push_back(delivery == nullptr ? std::nullopt : std::optional<Delivery>(*delivery));
    }
    return found;
  });
  if (!found.ok()) return found.status();
  std::vector<CarrierStep> steps(items.size());
  const SteadyTime enough = SteadyAfter(work_lease_ / 4);
  for (size_t i = 0; i < items.size() && (i == 0 || SteadyNow() < enough); ++i) {
    const std::optional<Delivery>& delivery = (*found)[i];
    steps[i] = AskCarrier(carrier_, delivery ? &*delivery : nullptr, items[i]);
  }
  return carrier_steps_.Commit(TradesOf(items), [&](Deliveries::Unit& unit) {
    std::vector<WorkVerdict> verdicts(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      const Delivery* delivery = unit.Find(items[i].trading_id);
      if (!steps[i].reached) {
        verdicts[i].kind = WorkVerdict::kUntouched;
      } else if (steps[i].by_hand) {
        verdicts[i].kind = WorkVerdict::kByHand;
      } else if (delivery != nullptr) {
        std::optional<Change> change = ChangeBy(steps[i], *delivery, items[i], unit.now());
        if (change) delivery = Put(unit, *std::move(change));
        if (GoesOn(steps[i], *delivery, items[i])) {
          verdicts[i] = {WorkVerdict::kAgain, carrier_pace_};
        }
      }
    }
    return verdicts;
  });
}

absl::StatusOr<Recorded> DeliveryWorkflow::Record(const ByHand& by_hand) {
  return by_hand_.Commit({by_hand.trading_id}, [&](Deliveries::Unit& unit) {
    const Delivery* delivery = unit.Find(by_hand.trading_id);
    absl::StatusOr<std::optional<Change>> change = TradeNotFound();
    if (delivery != nullptr) change = ApplyByHand(*delivery, by_hand, unit.now());
    if (!change.ok() || change->has_value()) {
      unit.Audit(by_hand.trading_id, by_hand.subject, RpcOf(by_hand),
                 postgres::AuditResult(change.status()));
    }
    if (!change.ok()) return absl::StatusOr<Recorded>(change.status());
    if (*change) {
      delivery = Put(unit, **std::move(change));
      unit.Save();
      unit.work_table().Delete(unit.transaction(), EndedSteps(*delivery));
    }
    return absl::StatusOr<Recorded>(RecordedOf(*delivery, by_hand));
  });
}

absl::StatusOr<std::vector<WaitingItem>> DeliveryWorkflow::ListWaiting(const WorkItem& after,
                                                                       size_t limit) {
  return tallystick::ListWaiting(
      by_hand_, after, limit,
      [](const Delivery* delivery, const WorkItem& item) -> std::optional<std::string> {
        if (delivery == nullptr) return "";
        if (HasEnded(*delivery, item)) return std::nullopt;
        return Describe(*delivery, item);
      });
}

absl::StatusOr<ResolvedWork> DeliveryWorkflow::Resolve(const WorkResolution& resolution) {
  return ResolveWork(by_hand_.session(), resolution, by_hand_.now(),
                     "DeliveryOperations/ResolveWork", {&kReportQueue, 1});
}

}  // namespace tallystick::delivery
