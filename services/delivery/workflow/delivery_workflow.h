// What is committed together in the delivery manager: a state, the reports about it, and the steps
// that the carrier has to take.
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
#include "services/delivery/domain/delivery.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

struct WorkflowOptions {
  absl::Duration work_lease = absl::Seconds(10);
  // How long the carrier takes for each step.
  absl::Duration carrier_pace = absl::ZeroDuration();
};

// `hand_over` gets the work of a batch after its commit. Each method uses a session of its own and
// is called from one thread of its own.
class DeliveryWorkflow {
 public:
  using HandOver = std::function<void(const std::vector<WorkItem>&)>;

  DeliveryWorkflow(WorkflowOptions options, const std::string& database_url, Carrier& carrier,
                   Clock clock, HandOver hand_over);

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const DeliveryInstruction> instructions);

  // The worker of kCarrierQueue: asks the carrier, outside any transaction, then commits what it
  // said.
  absl::StatusOr<std::vector<WorkVerdict>> RunCarrierSteps(std::span<const WorkItem> items);

 private:
  struct Step;
  absl::StatusOr<std::vector<Step>> AskCarrier(std::span<const WorkItem> items);

  const WorkflowOptions options_;
  const postgres::DocumentTable table_;
  const WorkTable work_;
  Carrier& carrier_;
  const Clock clock_;
  const HandOver hand_over_;
  postgres::Session instruction_session_;
  postgres::Session carrier_session_;
};

}  // namespace tallystick::delivery
