// What is committed together in the payment manager: a state, the reports about it, and the steps
// that the gateway has to take.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/postgres/document_table.h"
#include "platform/postgres/session.h"
#include "platform/relay/apply_numbered.h"
#include "platform/relay/queue_worker.h"
#include "platform/runtime/clock.h"
#include "services/payment/domain/payment.h"
#include "services/payment/workflow/gateway.h"

namespace tallystick::payment {

struct WorkflowOptions {
  absl::Duration work_lease = absl::Seconds(10);
  // How long the gateway takes for each step.
  absl::Duration gateway_pace = absl::ZeroDuration();
};

// `hand_over` gets the work of a batch after its commit. Each method uses a session of its own and
// is called from one thread of its own.
class PaymentWorkflow {
 public:
  using HandOver = std::function<void(const std::vector<WorkItem>&)>;

  PaymentWorkflow(WorkflowOptions options, const std::string& database_url, Gateway& gateway,
                  Clock clock, HandOver hand_over);

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const PaymentInstruction> instructions);

  // The worker of kGatewayQueue: asks the gateway, outside any transaction, then commits what it
  // said.
  absl::StatusOr<std::vector<WorkVerdict>> RunGatewaySteps(std::span<const WorkItem> items);

 private:
  struct Step;
  absl::StatusOr<std::vector<Step>> LoadSteps(std::span<const WorkItem> items);
  GatewayAnswer AskGateway(const Step& step, const WorkItem& item);

  const WorkflowOptions options_;
  const postgres::DocumentTable table_;
  const WorkTable work_;
  Gateway& gateway_;
  const Clock clock_;
  const HandOver hand_over_;
  postgres::Session instruction_session_;
  postgres::Session gateway_session_;
};

}  // namespace tallystick::payment
