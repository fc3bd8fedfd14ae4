// The delivery manager's gRPC services.
#pragma once

#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/relay/apply.h"
#include "platform/trade/instructions.h"
#include "tallystick/v1/delivery.grpc.pb.h"

namespace tallystick::delivery {

// For buyers.
class DeliveryServiceImpl final : public v1::DeliveryService::CallbackService {
 public:
  explicit DeliveryServiceImpl(StatusDesk& desk) : desk_(desk) {}

  grpc::ServerUnaryReactor* GetDeliveryStatus(grpc::CallbackServerContext* context,
                                              const v1::GetDeliveryStatusRequest* request,
                                              v1::GetDeliveryStatusResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetDeliveryStatuses(
      grpc::CallbackServerContext* context, const v1::BatchGetDeliveryStatusesRequest* request,
      v1::BatchGetDeliveryStatusesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchDeliveryStatusResponse>* WatchDeliveryStatus(
      grpc::CallbackServerContext* context, const v1::WatchDeliveryStatusRequest* request) override;

 private:
  StatusDesk& desk_;
};

// For the shop.
class DeliveryInstructionsImpl final : public v1::DeliveryInstructions::CallbackService {
 public:
  using InstructionBatcher = Batcher<DeliveryInstruction, ApplyAnswer>;

  explicit DeliveryInstructionsImpl(InstructionBatcher& batcher) : batcher_(batcher) {}

  grpc::ServerUnaryReactor* ApplyInstructions(
      grpc::CallbackServerContext* context,
      const v1::DeliveryInstructionsApplyInstructionsRequest* request,
      v1::DeliveryInstructionsApplyInstructionsResponse* response) override;

 private:
  InstructionBatcher& batcher_;
};

}  // namespace tallystick::delivery
