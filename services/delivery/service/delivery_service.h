// The delivery manager's gRPC services.
#pragma once

#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/relay/apply.h"
#include "platform/rpc/gate.h"
#include "platform/trade/instructions.h"
#include "tallystick/v1/delivery.grpc.pb.h"

namespace tallystick::delivery {

// For buyers.
class DeliveryServiceImpl final : public v1::DeliveryService::CallbackService {
 public:
  DeliveryServiceImpl(rpc::Gate& gate, StatusReader& desk) : gate_(gate), desk_(desk) {}

  grpc::ServerUnaryReactor* GetDeliveryStatus(grpc::CallbackServerContext* context,
                                              const v1::GetDeliveryStatusRequest* request,
                                              v1::GetDeliveryStatusResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetDeliveryStatuses(
      grpc::CallbackServerContext* context, const v1::BatchGetDeliveryStatusesRequest* request,
      v1::BatchGetDeliveryStatusesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchDeliveryStatusResponse>* WatchDeliveryStatus(
      grpc::CallbackServerContext* context, const v1::WatchDeliveryStatusRequest* request) override;

 private:
  rpc::Gate& gate_;
  StatusReader& desk_;
};

// For the shop.
class DeliveryInstructionsImpl final : public v1::DeliveryInstructions::CallbackService {
 public:
  using InstructionBatcher = Batcher<DeliveryInstruction, ApplyAnswer>;

  DeliveryInstructionsImpl(rpc::Gate& gate, InstructionBatcher& batcher)
      : gate_(gate), batcher_(batcher) {}

  grpc::ServerUnaryReactor* ApplyInstructions(
      grpc::CallbackServerContext* context,
      const v1::DeliveryInstructionsApplyInstructionsRequest* request,
      v1::DeliveryInstructionsApplyInstructionsResponse* response) override;

 private:
  rpc::Gate& gate_;
  InstructionBatcher& batcher_;
};

}  // namespace tallystick::delivery
