// The delivery manager's calls for its back office.
#pragma once

#include <functional>

#include "platform/calls/work_list.h"
#include "services/delivery/workflow/by_hand.h"

namespace tallystick::delivery {

// What they do; called by the thread of the task desk.
struct Operations {
  std::function<absl::StatusOr<Recorded>(const ByHand&)> record;
  rpc::WaitingWork waiting;
};

rpc::ServiceTable OperationsCalls(rpc::TaskDesk& tasks, const Operations& operations);

}  // namespace tallystick::delivery
