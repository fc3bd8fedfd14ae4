#include "services/shopping/service/instruction_senders.h"

#include <memory>

#include "platform/calls/message_sender.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"

namespace tallystick::shopping {
namespace {

template <typename Service, typename Request, typename Response, typename Message>
QueueWorker::Handle InstructionSender(const rpc::Peer& peer) {
  std::shared_ptr<typename Service::Stub> stub = Service::NewStub(peer.channel);
  return rpc::MessageSender<Request, Response, Message>(
      [](Request& request) { return request.add_instructions(); },
      [stub](grpc::ClientContext* context, const Request& request, Response* response) {
        return stub->ApplyInstructions(context, request, response);
      },
      peer.timeout);
}

}  // namespace

QueueWorker::Handle PaymentInstructionSender(const rpc::Peer& payment) {
  return InstructionSender<v1::PaymentInstructions, v1::PaymentInstructionsApplyInstructionsRequest,
                           v1::PaymentInstructionsApplyInstructionsResponse,
                           v1::PaymentInstruction>(payment);
}

QueueWorker::Handle DeliveryInstructionSender(const rpc::Peer& delivery) {
  return InstructionSender<
      v1::DeliveryInstructions, v1::DeliveryInstructionsApplyInstructionsRequest,
      v1::DeliveryInstructionsApplyInstructionsResponse, v1::DeliveryInstruction>(delivery);
}

}  // namespace tallystick::shopping
