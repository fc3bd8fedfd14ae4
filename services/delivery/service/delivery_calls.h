// The delivery manager's calls for buyers, and for the shop.
#pragma once

#include "platform/batch/batcher.h"
#include "platform/calls/method.h"
#include "platform/history/status_desk.h"
#include "platform/trade/apply.h"
#include "platform/trade/instructions.h"

namespace tallystick::delivery {

using InstructionBatcher = Batcher<DeliveryInstruction, ApplyAnswer>;

// What they hold must outlive them.
rpc::ServiceTable BuyerCalls(StatusReader& desk);
rpc::ServiceTable InstructionCalls(InstructionBatcher& instructions);

}  // namespace tallystick::delivery
