// The payment manager's gRPC services.
#pragma once

#include "platform/batch/batcher.h"
#include "platform/history/status_desk.h"
#include "platform/relay/apply.h"
#include "platform/rpc/gate.h"
#include "platform/trade/instructions.h"
#include "tallystick/v1/payment.grpc.pb.h"

namespace tallystick::payment {

// For buyers.
class PaymentServiceImpl final : public v1::PaymentService::CallbackService {
 public:
  PaymentServiceImpl(rpc::Gate& gate, StatusReader& desk) : gate_(gate), desk_(desk) {}

  grpc::ServerUnaryReactor* GetPaymentStatus(grpc::CallbackServerContext* context,
                                             const v1::GetPaymentStatusRequest* request,
                                             v1::GetPaymentStatusResponse* response) override;
  grpc::ServerUnaryReactor* BatchGetPaymentStatuses(
      grpc::CallbackServerContext* context, const v1::BatchGetPaymentStatusesRequest* request,
      v1::BatchGetPaymentStatusesResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchPaymentStatusResponse>* WatchPaymentStatus(
      grpc::CallbackServerContext* context, const v1::WatchPaymentStatusRequest* request) override;

 private:
  rpc::Gate& gate_;
  StatusReader& desk_;
};

// For the shop.
class PaymentInstructionsImpl final : public v1::PaymentInstructions::CallbackService {
 public:
  using InstructionBatcher = Batcher<PaymentInstruction, ApplyAnswer>;

  PaymentInstructionsImpl(rpc::Gate& gate, InstructionBatcher& batcher)
      : gate_(gate), batcher_(batcher) {}

  grpc::ServerUnaryReactor* ApplyInstructions(
      grpc::CallbackServerContext* context,
      const v1::PaymentInstructionsApplyInstructionsRequest* request,
      v1::PaymentInstructionsApplyInstructionsResponse* response) override;

 private:
  rpc::Gate& gate_;
  InstructionBatcher& batcher_;
};

}  // namespace tallystick::payment
