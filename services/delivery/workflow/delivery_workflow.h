// What is committed together in the delivery manager: a state, the reports about it, and the steps
// that the carrier has to take.
#pragma once

#include <span>
#include <vector>

#include "platform/relay/committer.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/resolve_work.h"
#include "platform/relay/waiting_list.h"
#include "platform/trade/apply.h"
#include "services/delivery/domain/delivery.h"
#include "services/delivery/store/delivery_store.h"
#include "services/delivery/workflow/by_hand.h"
#include "services/delivery/workflow/carrier.h"

namespace tallystick::delivery {

// Each method is called from one thread of its own; but Record, ListWaiting and Resolve share
// theirs.
class DeliveryWorkflow {
 public:
  // `carrier_pace`: how long the carrier takes for each step.
  DeliveryWorkflow(const CommitterOptions& options, Carrier& carrier, absl::Duration carrier_pace);

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const DeliveryInstruction> instructions);

  // The worker of kCarrierQueue: asks the carrier, outside any transaction, for as many items as it
  // answers within a quarter of the lease, then commits what it said.
  absl::StatusOr<std::vector<WorkVerdict>> RunCarrierSteps(std::span<const WorkItem> items);

  // TRADE_NOT_FOUND, and the errors of the domain.
  absl::StatusOr<Recorded> Record(const ByHand& by_hand);
  // What comes after `after`: `limit` of it, or all that there is.
  absl::StatusOr<std::vector<WaitingItem>> ListWaiting(const WorkItem& after, size_t limit);

  absl::StatusOr<ResolvedWork> Resolve(const WorkResolution& resolution);

 private:
  using Deliveries = Committer<Delivery, DeliveryCodec>;

  Carrier& carrier_;
  const absl::Duration work_lease_;
  const absl::Duration carrier_pace_;
  Deliveries instructions_;
  Deliveries carrier_steps_;
  Deliveries by_hand_;
};

}  // namespace tallystick::delivery
