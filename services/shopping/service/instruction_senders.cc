#include "services/shopping/service/instruction_senders.h"

#include <memory>
#include <utility>

#include "platform/calls/message_sender.h"
#include "tallystick/v1/delivery.grpc.pb.h"
#include "tallystick/v1/payment.grpc.pb.h"

namespace tallystick::shopping {
namespace {

template <typename Service, typename Request, typename Response, typename Message>
QueueWorker::Handle InstructionSender(const rpc::Peer& peer, OutOfStep out_of_step) {
  std::shared_ptr<typename Service::Stub> stub = Service::NewStub(peer.channel);
  auto send = rpc::MessageSender<Request, Response, Message>(
      [](Request& request) { return request.add_instructions(); },
      [stub](grpc::ClientContext* context, const Request& request, Response* response) {
        return stub->ApplyInstructions(context, request, response);
      },
      peer.timeout);
  return [send = std::move(send),
          out_of_step = std::move(out_of_step)](std::span<const WorkItem> items) {
    auto verdicts = send(items);
    if (!verdicts.ok()) return verdicts;
    const std::vector<WorkItem> odd = OddItems(items, *verdicts);
    // Before they are settled, so that none is forgotten.
    const absl::Status noticed = odd.empty() ? absl::OkStatus() : out_of_step(odd);
    if (!noticed.ok()) verdicts = noticed;
    return verdicts;
  };
}

}  // namespace

QueueWorker::Handle PaymentInstructionSender(const rpc::Peer& payment, OutOfStep out_of_step) {
  return InstructionSender<v1::PaymentInstructions, v1::PaymentInstructionsApplyInstructionsRequest,
                           v1::PaymentInstructionsApplyInstructionsResponse,
                           v1::PaymentInstruction>(payment, std::move(out_of_step));
}

QueueWorker::Handle DeliveryInstructionSender(const rpc::Peer& delivery, OutOfStep out_of_step) {
  return InstructionSender<
      v1::DeliveryInstructions, v1::DeliveryInstructionsApplyInstructionsRequest,
      v1::DeliveryInstructionsApplyInstructionsResponse, v1::DeliveryInstruction>(
      delivery, std::move(out_of_step));
}

}  // namespace tallystick::shopping
