#include "services/payment/workflow/payment_workflow.h"

#include <map>
#include <optional>

#include "platform/postgres/working_set.h"
#include "platform/runtime/log.h"
#include "services/payment/store/payment_store.h"

namespace tallystick::payment {
namespace {

using PaymentSet = postgres::WorkingSet<Payment, PaymentCodec>;

void AppendWork(const Change& change, absl::Time gateway_time, std::vector<WorkItem>& work) {
  work.push_back(ReportItem(change.payment));
  for (const int32_t number : change.to_submit) {
    work.push_back({change.payment.status.trading_id, kGatewayQueue, number, gateway_time});
  }
}

struct InstructionRules {
  using Aggregate = Payment;
  using Codec = PaymentCodec;
  using Message = PaymentInstruction;

  absl::Time now;
  absl::Time gateway_time;

  static const Uuid& TradingId(const Message& message) { return message.trading_id; }
  static int64_t Number(const Message& message) { return message.sequence; }
  static int64_t LastApplied(const Payment* payment, const Message&) {
    return payment == nullptr ? 0 : payment->status.instructions_applied;
  }
  absl::StatusOr<Payment> Apply(const Payment* payment, const Message& message,
                                std::vector<WorkItem>& work) const {
    absl::StatusOr<Change> change = payment::Apply(payment, message, now);
    if (!change.ok()) return change.status();
    AppendWork(*change, gateway_time, work);
    return std::move(change->payment);
  }
  Payment Skip(const Payment& payment, const Message& message, std::vector<WorkItem>& work) const {
    Payment next = SkipInstruction(payment, message.sequence, now);
    work.push_back(ReportItem(next));
    return next;
  }
};

Outcome ToOutcome(const GatewayAnswer& answer) {
  switch (answer.verdict) {
    case GatewayAnswer::kSucceeded: return {TransactionState::kSucceeded, ""};
    case GatewayAnswer::kFailed: return {TransactionState::kFailed, answer.reason};
    default: return {TransactionState::kUnknown, ""};
  }
}

}  // namespace

// A transaction that the gateway has to be asked about; empty when it has ended already.
struct PaymentWorkflow::Step {
  std::optional<GatewayRequest> request;
  TransactionState state = TransactionState::kUnspecified;
};

PaymentWorkflow::PaymentWorkflow(WorkflowOptions options, const std::string& database_url,
                                 Gateway& gateway, Clock clock, HandOver hand_over)
    : options_(options),
      table_(kPaymentsTable),
      work_(options.work_lease),
      gateway_(gateway),
      clock_(std::move(clock)),
      hand_over_(std::move(hand_over)),
      instruction_session_({.database_url = database_url}),
      gateway_session_({.database_url = database_url}) {}

std::vector<absl::StatusOr<ApplyAnswer>> PaymentWorkflow::ApplyInstructions(
    std::span<const PaymentInstruction> instructions) {
  auto committed = instruction_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    return ApplyNumbered(transaction, table_, work_, instructions,
                         InstructionRules{now, now + options_.gateway_pace});
  });
  if (!committed.ok()) return AllFailed<ApplyAnswer>(instructions.size(), committed.status());
  hand_over_(committed->work);
  return std::move(committed->answers);
}

absl::StatusOr<std::vector<PaymentWorkflow::Step>> PaymentWorkflow::LoadSteps(
    std::span<const WorkItem> items) {
  return gateway_session_.Run([&](postgres::Transaction& transaction) {
    std::vector<Uuid> ids;
    for (const WorkItem& item : items) ids.push_back(item.trading_id);
    const PaymentSet payments(table_, transaction, ids);
    std::vector<Step> steps(items.size());
    for (size_t i = 0; i < items.size(); ++i) {
      const Payment* payment = payments.Find(items[i].trading_id);
      const PaymentTransaction* found =
          payment == nullptr ? nullptr
                             : FindTransaction(*payment, static_cast<int32_t>(items[i].number));
      if (found == nullptr || found->state == TransactionState::kSucceeded ||
          found->state == TransactionState::kFailed) {
        continue;
      }
      steps[i].state = found->state;
      steps[i].request = GatewayRequest{found->reference,
                                        found->type,
                                        {payment->status.currency, found->amount},
                                        payment->payment_method};
    }
    return steps;
  });
}

// What may have been submitted before is asked about first, and submitted only when the gateway
// never heard of it. With the gateway's own idempotency by reference, money moves at most once.
GatewayAnswer PaymentWorkflow::AskGateway(const Step& step, const WorkItem& item) {
  const bool perhaps_submitted =
      step.state == TransactionState::kUnknown || item.perhaps_begun || item.attempts > 0;
  if (perhaps_submitted) {
    GatewayAnswer answer = gateway_.Ask(*step.request);
    if (answer.verdict != GatewayAnswer::kNeverHeardOf) return answer;
  }
  return gateway_.Submit(*step.request);
}

absl::StatusOr<std::vector<WorkVerdict>> PaymentWorkflow::RunGatewaySteps(
    std::span<const WorkItem> items) {
  absl::StatusOr<std::vector<Step>> steps = LoadSteps(items);
  if (!steps.ok()) return steps.status();
  std::vector<std::optional<Outcome>> outcomes(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    if ((*steps)[i].request) outcomes[i] = ToOutcome(AskGateway((*steps)[i], items[i]));
  }
  const auto work = gateway_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    std::vector<Uuid> ids;
    for (const WorkItem& item : items) ids.push_back(item.trading_id);
    PaymentSet payments(table_, transaction, ids);
    std::vector<WorkItem> caused;
    for (size_t i = 0; i < items.size(); ++i) {
      if (!outcomes[i]) continue;
      const Payment* payment = payments.Find(items[i].trading_id);
      std::optional<Change> change =
          RecordOutcome(*payment, static_cast<int32_t>(items[i].number), *outcomes[i], now);
      if (!change) continue;
      AppendWork(*change, now + options_.gateway_pace, caused);
      payments.Put(items[i].trading_id, std::move(change->payment));
    }
    payments.Save();
    work_.Insert(transaction, caused);
    return caused;
  });
  if (!work.ok()) return work.status();
  hand_over_(*work);
  std::vector<WorkVerdict> verdicts(items.size());
  for (size_t i = 0; i < items.size(); ++i) {
    const bool open = outcomes[i] && outcomes[i]->state == TransactionState::kUnknown;
    verdicts[i].kind = open ? WorkVerdict::kRetry : WorkVerdict::kDone;
  }
  return verdicts;
}

}  // namespace tallystick::payment
