#include "services/payment/workflow/payment_workflow.h"

#include "platform/batch/batcher.h"
#include "platform/time/steady.h"

namespace tallystick::payment {

PaymentWorkflow::PaymentWorkflow(const CommitterOptions& options, Gateway& gateway,
                                 const GatewayOptions& gateway_options)
    : gateway_calls_(gateway, gateway_options.max_calls),
      work_lease_(options.work_lease),
      gateway_pace_(gateway_options.pace),
      instructions_(options),
      gateway_steps_(options),
      planned_captures_(options),
      by_hand_(options) {}

std::vector<absl::StatusOr<ApplyAnswer>> PaymentWorkflow::ApplyInstructions(
    std::span<const PaymentInstruction> instructions) {
  auto answers = instructions_.Commit(
      TradesOfMessages<InstructionRules>(instructions), [&](Payments::Unit& unit) {
        return PaymentDecisions(unit, gateway_pace_).ApplyInstructions(instructions);
      });
  if (!answers.ok()) return AllFailed<ApplyAnswer>(instructions.size(), answers.status());
  return *std::move(answers);
}

absl::StatusOr<std::vector<WorkVerdict>> PaymentWorkflow::RunGatewaySteps(
    std::span<const WorkItem> items) {
  using Steps = absl::StatusOr<std::vector<GatewayStep>>;
  Steps steps = gateway_steps_.Read(TradesOf(items), [&](Payments::Unit& unit) -> Steps {
    const absl::Status known = gateway_steps_.CheckDatabase(unit.tables().transaction);
    if (!known.ok()) return known;
    return PaymentDecisions(unit, gateway_pace_).LoadSteps(items);
  });
  if (!steps.ok()) return steps.status();
  // What a slow gateway has answered is written down while the items are still this replica's.
  const SteadyTime enough = SteadyAfter(work_lease_ / 4);
  gateway_calls_.Make(items, *steps, enough);
  return gateway_steps_.Commit(TradesOf(items), [&](Payments::Unit& unit) {
    return PaymentDecisions(unit, gateway_pace_).SettleSteps(items, *steps);
  });
}

absl::StatusOr<std::vector<WorkVerdict>> PaymentWorkflow::BeginPlannedCaptures(
    std::span<const WorkItem> items) {
  return planned_captures_.Commit(TradesOf(items), [&](Payments::Unit& unit) {
    return PaymentDecisions(unit, gateway_pace_).BeginCaptures(items);
  });
}

absl::StatusOr<PaymentStatus> PaymentWorkflow::Record(const ByHand& by_hand) {
  return by_hand_.Commit({by_hand.trading_id}, [&](Payments::Unit& unit) {
    return PaymentDecisions(unit, gateway_pace_).Record(by_hand);
  });
}

absl::StatusOr<std::vector<WaitingItem>> PaymentWorkflow::ListWaiting(const WorkItem& after,
                                                                      size_t limit) {
  const absl::Time now = by_hand_.now();
  return tallystick::ListWaiting(by_hand_, after, limit,
                                 [now](const Payment* payment, const WorkItem& item) {
                                   return DescribeWaiting(payment, item, now);
                                 });
}

absl::StatusOr<ResolvedWork> PaymentWorkflow::Resolve(const WorkResolution& resolution) {
  return ResolveWork(by_hand_.session(), resolution, by_hand_.now(),
                     "PaymentOperations/ResolveWork", {&kReportQueue, 1});
}

}  // namespace tallystick::payment
