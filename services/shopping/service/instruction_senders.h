// Carries the shop's instructions to payment and delivery.
#pragma once

#include <string>

#include "platform/relay/queue_worker.h"

namespace tallystick::shopping {

QueueWorker::Handle PaymentInstructionSender(const std::string& payment_internal_address);
QueueWorker::Handle DeliveryInstructionSender(const std::string& delivery_internal_address);

}  // namespace tallystick::shopping
