// What the delivery manager decides within one transaction: what is committed together with what.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/error/error.h"
#include "platform/postgres/audit_table.h"
#include "platform/relay/apply_numbered.h"
#include "platform/relay/batch_in_hand.h"
#include "platform/relay/trade_unit.h"
#include "services/delivery/domain/instruction_rules.h"
#include "services/delivery/store/delivery_store.h"
#include "services/delivery/workflow/by_hand.h"
#include "services/delivery/workflow/carrier_rules.h"

namespace tallystick::delivery {

// About one unit, as long as that is valid.
template <TradeUnit Unit, SequenceRules Rules = InstructionRules>
class DeliveryDecisions {
 public:
  // `carrier_pace`: how long the carrier takes for each step.
  DeliveryDecisions(Unit& unit, absl::Duration carrier_pace)
      : unit_(unit), carrier_pace_(carrier_pace) {}

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const DeliveryInstruction> instructions) {
    return ApplyNumbered<Rules>(unit_, instructions,
                                [&](const Uuid&, Change change) { Put(std::move(change)); });
  }

  // What the carrier is to be asked about, outside any transaction, before SettleSteps.
  std::vector<std::optional<Delivery>> LoadSteps(std::span<const WorkItem> items) const {
    std::vector<std::optional<Delivery>> found;
    for (const WorkItem& item : items) {
      const Delivery* delivery = unit_.Find(item.trading_id);
      found.push_back(delivery == nullptr ? std::nullopt : std::optional<Delivery>(*delivery));
    }
    return found;
  }

  std::vector<WorkVerdict> SettleSteps(std::span<const WorkItem> items,
                                       const std::vector<CarrierStep>& steps) {
    std::vector<WorkVerdict> verdicts;
    for (size_t i = 0; i < items.size(); ++i) verdicts.push_back(Settle(items[i], steps[i]));
    return verdicts;
  }

  // TRADE_NOT_FOUND, and the errors of ApplyByHand.
  absl::StatusOr<Recorded> Record(const ByHand& by_hand) {
    const Delivery* delivery = unit_.Find(by_hand.trading_id);
    absl::StatusOr<std::optional<Change>> change = TradeNotFound();
    if (delivery != nullptr) change = ApplyByHand(*delivery, by_hand, unit_.now());
    if (!change.ok() || change->has_value()) {
      unit_.Audit(by_hand.trading_id, by_hand.subject, RpcOf(by_hand),
                  postgres::AuditResult(change.status()));
    }
    if (!change.ok()) return change.status();
    if (*change) {
      (*change)->delivery.traceparent = by_hand.traceparent;
      delivery = Put(**std::move(change));
      const std::vector<WorkItem> ended = EndedSteps(*delivery);
      unit_.over().insert(unit_.over().end(), ended.begin(), ended.end());
    }
    return RecordedOf(*delivery, by_hand);
  }

  // Writes a change to what had `previous`, and the work that it causes; gives the new state.
  const Delivery* Put(Change change, const RevisionMark& previous) {
    const Uuid id = change.delivery.status.trading_id;
    std::vector<WorkItem>& work = unit_.work();
    work.push_back(ReportItem(change.delivery, previous));
    if (change.book) work.push_back(BookingItem(id, carrier_pace_));
    for (const std::string& shipment_id : change.to_follow) {
      work.push_back(StepItem(id, shipment_id, carrier_pace_));
    }
    for (const std::string& return_id : change.to_collect) {
      work.push_back(StepItem(id, return_id, carrier_pace_));
    }
    return unit_.Put(id, std::move(change.delivery));
  }

 private:
  const Delivery* Put(Change change) {
    const Delivery* before = unit_.Find(change.delivery.status.trading_id);
    return Put(std::move(change), before == nullptr ? RevisionMark{} : MarkOf(before->status));
  }

  WorkVerdict Settle(const WorkItem& item, const CarrierStep& step) {
    if (!step.reached) return {WorkVerdict::kUntouched};
    if (step.by_hand) return {WorkVerdict::kByHand};
    const Delivery* delivery = unit_.Find(item.trading_id);
    if (delivery == nullptr) return {};
    std::optional<Change> change = ChangeBy(step, *delivery, item, unit_.now());
    if (change) delivery = Put(*std::move(change));
    if (GoesOn(step, *delivery, item)) return {WorkVerdict::kAgain, carrier_pace_};
    return {};
  }

  Unit& unit_;
  const absl::Duration carrier_pace_;
};

}  // namespace tallystick::delivery
