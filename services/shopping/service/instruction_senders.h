// Carries the shop's instructions to payment and delivery.
#pragma once

#include <functional>
#include <span>

#include "platform/relay/queue_worker.h"
#include "platform/transport/channel.h"

namespace tallystick::shopping {

// Told of instructions that their receiver could not take, or took before: it, or the shop, may
// have lost something. An error: they are to be sent again.
using OutOfStep = std::function<absl::Status(std::span<const WorkItem>)>;

QueueWorker::Handle PaymentInstructionSender(const rpc::Peer& payment, OutOfStep out_of_step);
QueueWorker::Handle DeliveryInstructionSender(const rpc::Peer& delivery, OutOfStep out_of_step);

}  // namespace tallystick::shopping
