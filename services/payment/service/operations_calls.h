// The payment manager's calls for its back office.
#pragma once

#include <functional>

#include "platform/calls/work_list.h"
#include "services/payment/workflow/payment_workflow.h"

namespace tallystick::payment {

// What they do; called by the thread of the task desk.
struct Operations {
  std::function<absl::StatusOr<PaymentStatus>(const ByHand&)> record;
  rpc::WaitingWork waiting;
};

rpc::ServiceTable OperationsCalls(rpc::TaskDesk& tasks, const Operations& operations);

}  // namespace tallystick::payment
