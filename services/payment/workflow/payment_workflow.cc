#include "services/payment/workflow/payment_workflow.h"

#include "absl/strings/str_cat.h"
#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "platform/relay/apply_numbered.h"
#include "services/payment/domain/instruction_rules.h"
#include "services/payment/workflow/gateway_rules.h"

namespace tallystick::payment {
namespace {

// A failed transaction that is still called for.
bool WaitsForPerson(const Payment& payment, const WorkItem& item) {
  const auto* transaction = FindTransaction(payment, static_cast<int32_t>(item.number));
  return transaction != nullptr && NeedsPerson(payment.status, *transaction);
}

// Nothing is to be done about it any more: it ended well, or what failed is no longer called for.
bool IsOver(const Payment& payment, const WorkItem& item, absl::Time now) {
  if (item.queue != kGatewayQueue.number) return false;
  const auto number = static_cast<int32_t>(item.number);
  const auto* transaction = FindTransaction(payment, number);
  if (transaction == nullptr || transaction->state == TransactionState::kPending ||
      transaction->state == TransactionState::kUnknown) {
    return false;
  }
  const auto retry = Retry(payment, number, now);
  return !retry.ok() || !retry->has_value();
}

std::string Describe(const Payment& payment, const WorkItem& item) {
  if (item.queue != kGatewayQueue.number) return "";
  const auto* found = FindTransaction(payment, static_cast<int32_t>(item.number));
  if (found == nullptr) return "";
  return absl::StrCat(
      ToString(found->type), " ", FormatMoney({payment.status.currency, found->amount}), ", ",
      ToString(found->state), found->failure_reason.empty() ? "" : ": ", found->failure_reason);
}

}  // namespace

// What the gateway is asked for one item, and what it says.
struct PaymentWorkflow::Step {
  std::optional<GatewayRequest> request;  // unset: it has ended already
  bool perhaps_submitted = false;
  bool reached = false;
  std::optional<GatewayAnswer> answer;
};

PaymentWorkflow::PaymentWorkflow(const CommitterOptions& options, Gateway& gateway,
                                 absl::Duration gateway_pace)
    : gateway_(gateway),
      work_lease_(options.work_lease),
      gateway_pace_(gateway_pace),
      instructions_(options),
      gateway_steps_(options),
      planned_captures_(options),
      by_hand_(options) {}

const Payment* PaymentWorkflow::Put(Payments::Unit& unit, Change change) const {
  const Uuid id = change.payment.status.trading_id;
  unit.work().push_back(ReportItem(change.payment));
  for (const int32_t number : change.to_submit) {
    unit.work().push_back({id, kGatewayQueue.number, number, gateway_pace_});
  }
  for (const PlannedCapture& planned : change.to_schedule) {
    unit.work().push_back({id, kPlannedQueue.number, planned.number});
    unit.work().back().date = planned.scheduled_time;
  }
  return unit.Put(id, std::move(change.payment));
}

std::vector<absl::StatusOr<ApplyAnswer>> PaymentWorkflow::ApplyInstructions(
    std::span<const PaymentInstruction> instructions) {
  auto answers = instructions_.Commit(
      TradesOfMessages<InstructionRules>(instructions), [&](Payments::Unit& unit) {
        return ApplyNumbered<InstructionRules>(
            unit, instructions, [&](const Uuid&, Change change) { Put(unit, std::move(change)); });
      });
  if (!answers.ok()) return AllFailed<ApplyAnswer>(instructions.size(), answers.status());
  return *std::move(answers);
}

absl::StatusOr<std::vector<PaymentWorkflow::Step>> PaymentWorkflow::LoadSteps(
    std::span<const WorkItem> items) {
  return gateway_steps_.Read(TradesOf(items), [&](Payments::Unit& unit) {
    std::vector<Step> steps(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      const auto number = static_cast<int32_t>(items[i].number);
      const Payment* payment = unit.Find(items[i].trading_id);
      if (payment != nullptr) steps[i].request = RequestFor(*payment, number);
      if (!steps[i].request) continue;
      steps[i].perhaps_submitted =
          FindTransaction(*payment, number)->state == TransactionState::kUnknown ||
          items[i].perhaps_begun || items[i].attempts > 0;
    }
    return steps;
  });
}

WorkVerdict PaymentWorkflow::Settle(Payments::Unit& unit, const WorkItem& item,
                                    const Step& step) const {
  if (!step.reached) return {WorkVerdict::kUntouched};
  const Payment* payment = unit.Find(item.trading_id);
  if (!step.answer) {
    // Ended before; perhaps in a way that somebody has to decide about.
    const bool waits = payment != nullptr && WaitsForPerson(*payment, item);
    return {waits ? WorkVerdict::kByHand : WorkVerdict::kDone};
  }
  if (step.answer->verdict == GatewayAnswer::kByHand) return {WorkVerdict::kByHand};
  const Outcome outcome = ToOutcome(*step.answer);
  std::optional<Change> change =
      RecordOutcome(*payment, static_cast<int32_t>(item.number), outcome, unit.now());
  if (change) payment = Put(unit, *std::move(change));
  if (outcome.state == TransactionState::kUnknown) return {WorkVerdict::kRetry};
  return {WaitsForPerson(*payment, item) ? WorkVerdict::kByHand : WorkVerdict::kDone};
}

absl::StatusOr<std::vector<WorkVerdict>> PaymentWorkflow::RunGatewaySteps(
    std::span<const WorkItem> items) {
  absl::StatusOr<std::vector<Step>> steps = LoadSteps(items);
  if (!steps.ok()) return steps.status();
  // What a slow gateway has answered is written down while the items are still this replica's.
  const SteadyTime enough = SteadyAfter(work_lease_ / 4);
  for (Step& step : *steps) {
    if (steps->front().reached && SteadyNow() >= enough) break;
    step.reached = true;
    if (step.request) step.answer = AskGateway(gateway_, *step.request, step.perhaps_submitted);
  }
  return gateway_steps_.Commit(TradesOf(items), [&](Payments::Unit& unit) {
    std::vector<WorkVerdict> verdicts;
    for (size_t i = 0; i < items.size(); ++i) {
      verdicts.push_back(Settle(unit, items[i], (*steps)[i]));
    }
    return verdicts;
  });
}

absl::StatusOr<std::vector<WorkVerdict>> PaymentWorkflow::BeginPlannedCaptures(
    std::span<const WorkItem> items) {
  return planned_captures_.Commit(TradesOf(items), [&](Payments::Unit& unit) {
    for (const WorkItem& item : items) {
      const Payment* payment = unit.Find(item.trading_id);
      if (payment == nullptr) continue;
      std::optional<Change> change = BeginPlanned(*payment, item.number, unit.now());
      if (change) Put(unit, *std::move(change));
    }
    return std::vector<WorkVerdict>(items.size());
  });
}

absl::StatusOr<PaymentStatus> PaymentWorkflow::Record(const ByHand& by_hand) {
  using Answer = absl::StatusOr<PaymentStatus>;
  return by_hand_.Commit({by_hand.trading_id}, [&](Payments::Unit& unit) {
    const Payment* payment = unit.Find(by_hand.trading_id);
    absl::StatusOr<std::optional<Change>> change = TradeNotFound();
    if (payment != nullptr) {
      change = by_hand.outcome
                   ? RecordByHand(*payment, by_hand.number, *by_hand.outcome, unit.now())
                   : Retry(*payment, by_hand.number, unit.now());
    }
    if (change.ok() && !change->has_value()) return Answer(payment->status);
    unit.Audit(by_hand.trading_id, by_hand.subject,
               by_hand.outcome ? "PaymentOperations/RecordTransaction"
                               : "PaymentOperations/RetryTransaction",
               postgres::AuditResult(change.status()));
    if (!change.ok()) return Answer(change.status());
    payment = Put(unit, **std::move(change));
    unit.Save();
    // What a person has dealt with no longer waits for one.
    const WorkItem waiting{by_hand.trading_id, kGatewayQueue.number, by_hand.number};
    if (!WaitsForPerson(*payment, waiting)) {
      unit.work_table().Delete(unit.transaction(), {waiting});
    }
    return Answer(payment->status);
  });
}

absl::StatusOr<std::vector<WaitingItem>> PaymentWorkflow::ListWaiting(const WorkItem& after,
                                                                      size_t limit) {
  const absl::Time now = by_hand_.now();
  return tallystick::ListWaiting(
      by_hand_, after, limit,
      [now](const Payment* payment, const WorkItem& item) -> std::optional<std::string> {
        if (payment == nullptr) return "";
        if (IsOver(*payment, item, now)) return std::nullopt;
        return Describe(*payment, item);
      });
}

absl::StatusOr<ResolvedWork> PaymentWorkflow::Resolve(const WorkResolution& resolution) {
  return ResolveWork(by_hand_.session(), resolution, by_hand_.now(),
                     "PaymentOperations/ResolveWork", {&kReportQueue, 1});
}

}  // namespace tallystick::payment
