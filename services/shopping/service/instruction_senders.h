// Carries the shop's instructions to payment and delivery.
#pragma once

#include "platform/relay/queue_worker.h"
#include "platform/transport/channel.h"

namespace tallystick::shopping {

QueueWorker::Handle PaymentInstructionSender(const rpc::Peer& payment);
QueueWorker::Handle DeliveryInstructionSender(const rpc::Peer& delivery);

}  // namespace tallystick::shopping
