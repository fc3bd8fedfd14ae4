// What is committed together in the delivery manager: a state, the reports about it, and the steps
// that the carrier has to take.
#pragma once

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "platform/batch/batcher.h"
#include "platform/postgres/document_table.h"
#include "platform/postgres/session.h"
#include "platform/relay/apply_numbered.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/resolve_work.h"
#include "platform/runtime/clock.h"
#include "services/delivery/domain/delivery.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

struct WorkflowOptions {
  absl::Duration work_lease = absl::Seconds(10);
  // How long the carrier takes for each step.
  absl::Duration carrier_pace = absl::ZeroDuration();
};

// What a person in the back office records.
struct BookingByHand {
  Booking booking;
};
struct ShipmentByHand {
  std::string shipment_id;
  Progress progress;
};
struct ReturnByHand {
  std::string return_id;
  ReturnProgress progress;
};
struct ByHand {
  Uuid trading_id;
  std::variant<BookingByHand, Dispatch, ShipmentByHand, ReturnByHand> what;
  std::string subject;  // who
};

// The state after what a person recorded.
struct Recorded {
  DeliveryStatus status;
  std::string shipment_id;  // for a Dispatch: what has left
};

// Work that waits for a person, with what it is about.
struct WaitingStep {
  WorkItem item;
  std::string description;
};

// `after_commit` is called after each commit that changed something. Each method uses a session of
// its own and is called from one thread of its own; but Record, ListWaiting and
// Resolve share theirs.
class DeliveryWorkflow {
 public:
  DeliveryWorkflow(WorkflowOptions options, const postgres::Database& database, Carrier& carrier,
                   Clock clock, AfterCommit after_commit);

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const DeliveryInstruction> instructions);

  // The worker of kCarrierQueue: asks the carrier, outside any transaction, then commits what it
  // said.
  absl::StatusOr<std::vector<WorkVerdict>> RunCarrierSteps(std::span<const WorkItem> items);

  // TRADE_NOT_FOUND, and the errors of the domain.
  absl::StatusOr<Recorded> Record(const ByHand& by_hand);
  // What comes after `after`: `limit` of it, or all that there is.
  absl::StatusOr<std::vector<WaitingStep>> ListWaiting(const WorkItem& after, size_t limit);

  absl::StatusOr<ResolvedWork> Resolve(const WorkResolution& resolution);

 private:
  struct Step;
  absl::StatusOr<std::vector<Step>> AskCarrier(std::span<const WorkItem> items);

  const WorkflowOptions options_;
  const postgres::DocumentTable table_;
  const WorkTable work_;
  Carrier& carrier_;
  const Clock clock_;
  const AfterCommit after_commit_;
  postgres::Session instruction_session_;
  postgres::Session carrier_session_;
  postgres::Session person_session_;
};

}  // namespace tallystick::delivery
