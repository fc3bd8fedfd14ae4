// The payment manager's gRPC service for its back office.
#pragma once

#include <variant>

#include "platform/batch/batcher.h"
#include "platform/rpc/work_list.h"
#include "services/payment/workflow/payment_workflow.h"
#include "tallystick/v1/payment.grpc.pb.h"

namespace tallystick::payment {

using OperationsTask = std::variant<ByHand, rpc::WaitingQuery, WorkResolution>;
using OperationsAnswer = std::variant<PaymentStatus, rpc::WaitingPage, ResolvedWork>;
using OperationsBatcher = Batcher<OperationsTask, OperationsAnswer>;

// What the batcher does with its tasks, one at a time.
OperationsBatcher::Answers RunTasks(PaymentWorkflow& workflow,
                                    std::span<const OperationsTask> tasks);

class OperationsServiceImpl final : public v1::PaymentOperations::CallbackService {
 public:
  OperationsServiceImpl(rpc::Gate& gate, OperationsBatcher& tasks) : gate_(gate), tasks_(tasks) {}

  grpc::ServerUnaryReactor* ListWork(grpc::CallbackServerContext* context,
                                     const v1::PaymentOperationsListWorkRequest* request,
                                     v1::PaymentOperationsListWorkResponse* response) override;
  grpc::ServerUnaryReactor* ResolveWork(
      grpc::CallbackServerContext* context, const v1::PaymentOperationsResolveWorkRequest* request,
      v1::PaymentOperationsResolveWorkResponse* response) override;
  grpc::ServerUnaryReactor* RecordTransaction(grpc::CallbackServerContext* context,
                                              const v1::RecordTransactionRequest* request,
                                              v1::RecordTransactionResponse* response) override;
  grpc::ServerUnaryReactor* RetryTransaction(grpc::CallbackServerContext* context,
                                             const v1::RetryTransactionRequest* request,
                                             v1::RetryTransactionResponse* response) override;

 private:
  rpc::Gate& gate_;
  OperationsBatcher& tasks_;
};

}  // namespace tallystick::payment
