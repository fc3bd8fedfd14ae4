// Carries the shop's instructions to payment and delivery.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>

#include "platform/relay/queue_worker.h"

namespace tallystick::shopping {

QueueWorker::Handle PaymentInstructionSender(const std::shared_ptr<grpc::Channel>& payment);
QueueWorker::Handle DeliveryInstructionSender(const std::shared_ptr<grpc::Channel>& delivery);

}  // namespace tallystick::shopping
