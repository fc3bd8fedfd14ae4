#include "services/payment/workflow/payment_workflow.h"

#include <variant>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/postgres/working_set.h"
#include "platform/relay/waiting_list.h"
#include "platform/runtime/log.h"
#include "services/payment/store/payment_store.h"

namespace tallystick::payment {
namespace {

using PaymentSet = postgres::WorkingSet<Payment, PaymentCodec>;

void AppendWork(const Change& change, absl::Duration gateway_pace, std::vector<WorkItem>& work) {
  work.push_back(ReportItem(change.payment));
  for (const int32_t number : change.to_submit) {
    work.push_back({change.payment.status.trading_id, kGatewayQueue, number, gateway_pace});
  }
  for (const PlannedCapture& planned : change.to_schedule) {
    work.push_back({change.payment.status.trading_id, kPlannedQueue, planned.number});
    work.back().date = planned.scheduled_time;
  }
}

struct InstructionRules {
  using Aggregate = Payment;
  using Codec = PaymentCodec;
  using Message = PaymentInstruction;

  absl::Time now;
  absl::Duration gateway_pace;

  static constexpr char kRpc[] = "PaymentInstructions/ApplyInstructions";
  static std::string Subject(const Message&) { return "shopping"; }
  static const Uuid& TradingId(const Message& message) { return message.trading_id; }
  static int64_t Number(const Message& message) { return message.sequence; }
  static int64_t LastApplied(const Payment* payment, const Message&) {
    return payment == nullptr ? 0 : payment->status.instructions_applied;
  }
  absl::StatusOr<Payment> Apply(const Payment* payment, const Message& message,
                                std::vector<WorkItem>& work) const {
    absl::StatusOr<Change> change = payment::Apply(payment, message, now);
    if (!change.ok()) return change.status();
    AppendWork(*change, gateway_pace, work);
    return std::move(change->payment);
  }
  static std::string RefusalOf(const Payment& payment, const Message& message) {
    return tallystick::RefusalOf(payment.refused, message.sequence);
  }
  Payment Skip(const Payment& payment, const Message& message, absl::string_view reason,
               std::vector<WorkItem>& work) const {
    Payment next = SkipInstruction(payment, message.sequence, reason, now);
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

std::vector<Uuid> TradesOf(std::span<const WorkItem> items) {
  std::vector<Uuid> ids;
  for (const WorkItem& item : items) ids.push_back(item.trading_id);
  return ids;
}

// A failed transaction that is still called for.
bool WaitsForPerson(const Payment& payment, const WorkItem& item) {
  const auto* transaction = FindTransaction(payment, static_cast<int32_t>(item.number));
  return transaction != nullptr && NeedsPerson(payment.status, *transaction);
}

// Nothing is to be done about it any more: it ended well, or what failed is no longer called for.
bool IsOver(const Payment& payment, const WorkItem& item, absl::Time now) {
  if (item.queue != kGatewayQueue) return false;
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
  if (item.queue != kGatewayQueue) return "";
  const auto* found = FindTransaction(payment, static_cast<int32_t>(item.number));
  if (found == nullptr) return "";
  return absl::StrCat(
      ToString(found->type), " ", FormatMoney({payment.status.currency, found->amount}), ", ",
      ToString(found->state), found->failure_reason.empty() ? "" : ": ", found->failure_reason);
}

}  // namespace

// A transaction that the gateway has to be asked about; empty when it has ended already.
struct PaymentWorkflow::Step {
  std::optional<GatewayRequest> request;
  TransactionState state = TransactionState::kUnspecified;
};

PaymentWorkflow::PaymentWorkflow(WorkflowOptions options, const postgres::Database& database,
                                 Gateway& gateway, Clock clock, AfterCommit after_commit)
    : options_(options),
      table_(kPaymentsTable),
      work_(options.work_lease),
      gateway_(gateway),
      clock_(std::move(clock)),
      after_commit_(std::move(after_commit)),
      instruction_session_({.database = database}),
      gateway_session_({.database = database}),
      planned_session_({.database = database}),
      person_session_({.database = database}) {}

std::vector<absl::StatusOr<ApplyAnswer>> PaymentWorkflow::ApplyInstructions(
    std::span<const PaymentInstruction> instructions) {
  auto committed = instruction_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    return ApplyNumbered(transaction, table_, work_, instructions,
                         InstructionRules{now, options_.gateway_pace});
  });
  if (!committed.ok()) return AllFailed<ApplyAnswer>(instructions.size(), committed.status());
  after_commit_(committed->work, committed->changed);
  return std::move(committed->answers);
}

absl::StatusOr<std::vector<PaymentWorkflow::Step>> PaymentWorkflow::LoadSteps(
    std::span<const WorkItem> items) {
  return gateway_session_.Run([&](postgres::Transaction& transaction) {
    const PaymentSet payments(table_, transaction, TradesOf(items));
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
  std::vector<std::optional<GatewayAnswer>> answers(items.size());
  // What a slow gateway has answered is written down while the items are still this replica's.
  const SteadyTime enough = SteadyAfter(options_.work_lease / 4);
  size_t reached = 0;
  for (; reached < items.size() && (reached == 0 || SteadyNow() < enough); ++reached) {
    if ((*steps)[reached].request) answers[reached] = AskGateway((*steps)[reached], items[reached]);
  }
  std::vector<WorkVerdict> verdicts;
  const auto committed = gateway_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    Committed<std::monostate> result;
    verdicts.assign(items.size(), WorkVerdict{});
    PaymentSet payments(table_, transaction, TradesOf(items));
    for (size_t i = reached; i < items.size(); ++i) verdicts[i].kind = WorkVerdict::kUntouched;
    for (size_t i = 0; i < reached; ++i) {
      if (!answers[i]) {
        // Ended before; perhaps in a way that somebody has to decide about.
        const Payment* ended = payments.Find(items[i].trading_id);
        if (ended != nullptr && WaitsForPerson(*ended, items[i])) {
          verdicts[i].kind = WorkVerdict::kByHand;
        }
        continue;
      }
      if (answers[i]->verdict == GatewayAnswer::kByHand) {
        verdicts[i].kind = WorkVerdict::kByHand;
        continue;
      }
      const Payment* payment = payments.Find(items[i].trading_id);
      const auto number = static_cast<int32_t>(items[i].number);
      const Outcome outcome = ToOutcome(*answers[i]);
      std::optional<Change> change = RecordOutcome(*payment, number, outcome, now);
      if (change) {
        AppendWork(*change, options_.gateway_pace, result.work);
        payments.Put(items[i].trading_id, std::move(change->payment));
        payment = payments.Find(items[i].trading_id);
      }
      if (outcome.state == TransactionState::kUnknown) {
        verdicts[i].kind = WorkVerdict::kRetry;
      } else if (NeedsPerson(payment->status, *FindTransaction(*payment, number))) {
        verdicts[i].kind = WorkVerdict::kByHand;
      }
    }
    SaveAll(transaction, payments, work_, result);
    return result;
  });
  if (!committed.ok()) return committed.status();
  after_commit_(committed->work, committed->changed);
  return verdicts;
}

absl::StatusOr<std::vector<WorkVerdict>> PaymentWorkflow::BeginPlannedCaptures(
    std::span<const WorkItem> items) {
  const auto committed = planned_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    Committed<std::monostate> result;
    PaymentSet payments(table_, transaction, TradesOf(items));
    for (const WorkItem& item : items) {
      const Payment* payment = payments.Find(item.trading_id);
      if (payment == nullptr) continue;
      std::optional<Change> change = BeginPlanned(*payment, item.number, now);
      if (!change) continue;
      AppendWork(*change, options_.gateway_pace, result.work);
      payments.Put(item.trading_id, std::move(change->payment));
    }
    SaveAll(transaction, payments, work_, result);
    return result;
  });
  if (!committed.ok()) return committed.status();
  after_commit_(committed->work, committed->changed);
  return std::vector<WorkVerdict>(items.size());
}

absl::StatusOr<PaymentStatus> PaymentWorkflow::Record(const ByHand& by_hand) {
  const auto committed = person_session_.Run([&](postgres::Transaction& transaction) {
    const absl::Time now = clock_();
    const Uuid& id = by_hand.trading_id;
    Committed<PaymentStatus> result;
    PaymentSet payments(table_, transaction, {id});
    const Payment* payment = payments.Find(id);
    absl::StatusOr<std::optional<Change>> change = TradeNotFound();
    if (payment != nullptr) {
      change = by_hand.outcome ? RecordByHand(*payment, by_hand.number, *by_hand.outcome, now)
                               : Retry(*payment, by_hand.number, now);
    }
    const bool changes = change.ok() && change->has_value();
    if (changes || !change.ok()) {
      result.audit.push_back({id, now, by_hand.subject,
                              by_hand.outcome ? "PaymentOperations/RecordTransaction"
                                              : "PaymentOperations/RetryTransaction",
                              postgres::AuditResult(change.status())});
    }
    if (changes) {
      AppendWork(**change, options_.gateway_pace, result.work);
      payments.Put(id, std::move((*change)->payment));
      payment = payments.Find(id);
    }
    SaveAll(transaction, payments, work_, result);
    // What a person has dealt with no longer waits for one.
    if (changes && !NeedsPerson(payment->status, *FindTransaction(*payment, by_hand.number))) {
      work_.Delete(transaction, {{id, kGatewayQueue, by_hand.number}});
    }
    result.answers.push_back(change.ok() ? absl::StatusOr<PaymentStatus>(payment->status)
                                         : change.status());
    return result;
  });
  if (!committed.ok()) return committed.status();
  after_commit_(committed->work, committed->changed);
  return committed->answers.front();
}

absl::StatusOr<std::vector<WaitingTransaction>> PaymentWorkflow::ListWaiting(const WorkItem& after,
                                                                             size_t limit) {
  return person_session_.Run([&](postgres::Transaction& transaction) {
    const auto look = [&](const std::vector<WorkItem>& items) {
      const PaymentSet trades(table_, transaction, TradesOf(items));
      std::vector<std::optional<WaitingTransaction>> shown;
      for (const WorkItem& item : items) {
        const Payment* payment = trades.Find(item.trading_id);
        if (payment != nullptr && IsOver(*payment, item, clock_())) {
          shown.emplace_back();
        } else {
          shown.push_back(
              WaitingTransaction{item, payment == nullptr ? "" : Describe(*payment, item)});
        }
      }
      return shown;
    };
    return tallystick::ListWaiting<WaitingTransaction>(transaction, work_, after, limit, look);
  });
}

absl::StatusOr<ResolvedWork> PaymentWorkflow::Resolve(const WorkResolution& resolution) {
  constexpr int16_t kMessages[] = {kReportQueue};
  return ResolveWork(person_session_, resolution, clock_(), "PaymentOperations/ResolveWork",
                     kMessages);
}

}  // namespace tallystick::payment
