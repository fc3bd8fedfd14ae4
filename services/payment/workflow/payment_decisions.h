// What the payment manager decides within one transaction: what is committed together with what.
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
#include "services/payment/domain/instruction_rules.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/gateway_rules.h"

namespace tallystick::payment {

// What a person in the back office does with a transaction: records what became of it, or has it
// tried again.
struct ByHand {
  Uuid trading_id;
  int32_t number = 0;
  std::optional<Outcome> outcome;  // unset: retry
  std::string subject;             // who
  // What it is taken for; unset: whichever it is.
  std::optional<TransactionType> type;
  std::string traceparent{};  // of the call
};

// What the gateway is asked for one item, and what it says.
struct GatewayStep {
  std::optional<GatewayRequest> request;  // unset: it has ended already
  bool perhaps_submitted = false;         // as far as could be read
  SteadyTime leased_until = kNeverSteady;
  bool reached = false;
  std::optional<GatewayAnswer> answer;

  // When its turn comes: after the lease somebody else may have, since it was read.
  bool PerhapsSubmitted(SteadyTime now) const { return perhaps_submitted || now >= leased_until; }
};

// About one unit, as long as that is valid.
template <TradeUnit Unit, SequenceRules Rules = InstructionRules>
class PaymentDecisions {
 public:
  // `gateway_pace`: how long the gateway takes for each step.
  PaymentDecisions(Unit& unit, absl::Duration gateway_pace)
      : unit_(unit), gateway_pace_(gateway_pace) {}

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const PaymentInstruction> instructions) {
    return ApplyNumbered<Rules>(unit_, instructions,
                                [&](const Uuid&, Change change) { Put(std::move(change)); });
  }

  // What the gateway is to be asked, outside any transaction, before SettleSteps.
  std::vector<GatewayStep> LoadSteps(std::span<const WorkItem> items) const {
    std::vector<GatewayStep> steps(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      const auto number = static_cast<int32_t>(items[i].number);
      const Payment* payment = unit_.Find(items[i].trading_id);
      if (payment != nullptr) steps[i].request = RequestFor(*payment, number);
      if (!steps[i].request) continue;
      steps[i].perhaps_submitted =
          FindTransaction(*payment, number)->state == TransactionState::kUnknown ||
          payment->taken_back.revision > 0 || items[i].perhaps_begun || items[i].attempts > 0;
      steps[i].leased_until = items[i].leased_until;
    }
    return steps;
  }

  std::vector<WorkVerdict> SettleSteps(std::span<const WorkItem> items,
                                       const std::vector<GatewayStep>& steps) {
    std::vector<WorkVerdict> verdicts;
    for (size_t i = 0; i < items.size(); ++i) verdicts.push_back(Settle(items[i], steps[i]));
    return verdicts;
  }

  // Begins captures whose date has come.
  std::vector<WorkVerdict> BeginCaptures(std::span<const WorkItem> items) {
    for (const WorkItem& item : items) {
      const Payment* payment = unit_.Find(item.trading_id);
      if (payment == nullptr) continue;
      std::optional<Change> change = BeginPlanned(*payment, item.number, unit_.now());
      if (change) Put(*std::move(change));
    }
    return std::vector<WorkVerdict>(items.size());
  }

  // TRADE_NOT_FOUND, and the errors of the domain's RecordByHand and Retry.
  absl::StatusOr<PaymentStatus> Record(const ByHand& by_hand) {
    const Payment* payment = unit_.Find(by_hand.trading_id);
    absl::StatusOr<std::optional<Change>> change = TradeNotFound();
    if (payment != nullptr) {
      change = by_hand.outcome ? RecordByHand(*payment, by_hand.number, by_hand.type,
                                              *by_hand.outcome, unit_.now())
                               : Retry(*payment, by_hand.number, unit_.now());
    }
    if (change.ok() && !change->has_value()) return payment->status;
    unit_.Audit(by_hand.trading_id, by_hand.subject,
                by_hand.outcome ? "PaymentOperations/RecordTransaction"
                                : "PaymentOperations/RetryTransaction",
                postgres::AuditResult(change.status()));
    if (!change.ok()) return change.status();
    (*change)->payment.traceparent = by_hand.traceparent;
    payment = Put(**std::move(change));
    // What a person has dealt with no longer waits for one.
    const WorkItem waiting{by_hand.trading_id, kGatewayQueue.number, by_hand.number};
    if (!WaitsForPerson(*payment, waiting)) unit_.over().push_back(waiting);
    return payment->status;
  }

  // Writes a change to what had `previous`, and the work that it causes; gives the new state.
  const Payment* Put(Change change, const RevisionMark& previous) {
    const Uuid id = change.payment.status.trading_id;
    unit_.work().push_back(ReportItem(change.payment, previous));
    for (const int32_t number : change.to_submit) {
      unit_.work().push_back({id, kGatewayQueue.number, number, gateway_pace_});
      unit_.work().back().shares_row = true;
    }
    for (const PlannedCapture& planned : change.to_schedule) {
      unit_.work().push_back({id, kPlannedQueue.number, planned.number});
      unit_.work().back().date = planned.scheduled_time;
    }
    return unit_.Put(id, std::move(change.payment));
  }

 private:
  const Payment* Put(Change change) {
    const Payment* before = unit_.Find(change.payment.status.trading_id);
    return Put(std::move(change), before == nullptr ? RevisionMark{} : MarkOf(before->status));
  }

  WorkVerdict Settle(const WorkItem& item, const GatewayStep& step) {
    if (!step.reached) return {WorkVerdict::kUntouched};
    const Payment* payment = unit_.Find(item.trading_id);
    if (!step.answer) {
      // Ended before; perhaps in a way that somebody has to decide about.
      const bool waits = payment != nullptr && WaitsForPerson(*payment, item);
      return {waits ? WorkVerdict::kByHand : WorkVerdict::kDone};
    }
    if (step.answer->verdict == GatewayAnswer::kByHand) return {WorkVerdict::kByHand};
    const Outcome outcome = ToOutcome(*step.answer);
    std::optional<Change> change =
        RecordOutcome(*payment, static_cast<int32_t>(item.number), outcome, unit_.now());
    if (change) payment = Put(*std::move(change));
    if (outcome.state == TransactionState::kUnknown) return {WorkVerdict::kRetry};
    return {WaitsForPerson(*payment, item) ? WorkVerdict::kByHand : WorkVerdict::kDone};
  }

  Unit& unit_;
  const absl::Duration gateway_pace_;
};

}  // namespace tallystick::payment
