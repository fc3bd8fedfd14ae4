// What is committed together in the payment manager: a state, the reports about it, and the steps
// that the gateway has to take.
#pragma once

#include <span>
#include <vector>

#include "platform/relay/committer.h"
#include "platform/relay/queue_worker.h"
#include "platform/relay/resolve_work.h"
#include "platform/relay/waiting_list.h"
#include "platform/trade/apply.h"
#include "services/payment/domain/payment.h"
#include "services/payment/store/payment_store.h"
#include "services/payment/workflow/gateway_calls.h"
#include "services/payment/workflow/payment_decisions.h"

namespace tallystick::payment {

// Each method is called from one thread of its own; but Record, ListWaiting and Resolve share
// theirs.
class PaymentWorkflow {
 public:
  PaymentWorkflow(const CommitterOptions& options, Gateway& gateway,
                  const GatewayOptions& gateway_options);

  // Answers each, in order.
  std::vector<absl::StatusOr<ApplyAnswer>> ApplyInstructions(
      std::span<const PaymentInstruction> instructions);

  // The worker of kGatewayQueue: asks the
  // gateway, outside any transaction, for as many items as it answers within a quarter of the
  // lease, then commits what it said.
  absl::StatusOr<std::vector<WorkVerdict>> RunGatewaySteps(std::span<const WorkItem> items);

  // The worker of kPlannedQueue: begins captures whose date has come.
  absl::StatusOr<std::vector<WorkVerdict>> BeginPlannedCaptures(std::span<const WorkItem> items);

  // TRADE_NOT_FOUND, and the errors of the domain's RecordByHand and Retry.
  absl::StatusOr<PaymentStatus> Record(const ByHand& by_hand);
  // What comes after `after`: `limit` of it, or all that there is.
  absl::StatusOr<std::vector<WaitingItem>> ListWaiting(const WorkItem& after, size_t limit);

  absl::StatusOr<ResolvedWork> Resolve(const WorkResolution& resolution);

 private:
  using Payments = Committer<Payment, PaymentCodec>;

  GatewayCalls gateway_calls_;
  const absl::Duration work_lease_;
  const absl::Duration gateway_pace_;
  Payments instructions_;
  Payments gateway_steps_;
  Payments planned_captures_;
  Payments by_hand_;
};

}  // namespace tallystick::payment
