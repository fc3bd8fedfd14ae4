// What is committed together in the payment manager: a state, the reports about it, and the steps
// that the gateway has to take.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/postgres/document_table.h"
#include "platform/postgres/session.h"
#include "platform/relay/apply_numbered.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/resolve_work.h"
#include "platform/runtime/clock.h"
#include "services/payment/domain/payment.h"
#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

struct WorkflowOptions {
  absl::Duration work_lease = absl::Seconds(10);
  // How long the gateway takes for each step.
  absl::Duration gateway_pace = absl::ZeroDuration();
};

// What a person in the back office does with a transaction: records what became of it, or has it
// tried again.
struct ByHand {
  Uuid trading_id;
  int32_t number = 0;
  std::optional<Outcome> outcome;  // unset: retry
  std::string subject;             // who
};

// Work that waits for a person, with what it is about.
struct WaitingTransaction {
  WorkItem item;
  std::string description;
};

// `after_commit` is called after each commit that changed something. Each method uses a session of
// its own and is called from one thread of its own; but Record, ListWaiting and
// Resolve share theirs.
class PaymentWorkflow {
 public:
  PaymentWorkflow(WorkflowOptions options, const postgres::Database& database, Gateway& gateway,
                  Clock clock, AfterCommit after_commit);

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const PaymentInstruction> instructions);

  // The worker of kGatewayQueue: asks the gateway, outside any transaction, for as many items as it
  // answers within a quarter of the lease, then commits what it said.
  absl::StatusOr<std::vector<WorkVerdict>> RunGatewaySteps(std::span<const WorkItem> items);

  // The worker of kPlannedQueue: begins captures whose date has come.
  absl::StatusOr<std::vector<WorkVerdict>> BeginPlannedCaptures(std::span<const WorkItem> items);

  // TRADE_NOT_FOUND, and the errors of the domain's RecordByHand and Retry.
  absl::StatusOr<PaymentStatus> Record(const ByHand& by_hand);
  // What comes after `after`: `limit` of it, or all that there is.
  absl::StatusOr<std::vector<WaitingTransaction>> ListWaiting(const WorkItem& after, size_t limit);

  absl::StatusOr<ResolvedWork> Resolve(const WorkResolution& resolution);

 private:
  struct Step;
  absl::StatusOr<std::vector<Step>> LoadSteps(std::span<const WorkItem> items);
  GatewayAnswer AskGateway(const Step& step, const WorkItem& item);

  const WorkflowOptions options_;
  const postgres::DocumentTable table_;
  const WorkTable work_;
  Gateway& gateway_;
  const Clock clock_;
  const AfterCommit after_commit_;
  postgres::Session instruction_session_;
  postgres::Session gateway_session_;
  postgres::Session planned_session_;
  postgres::Session person_session_;
};

}  // namespace tallystick::payment
