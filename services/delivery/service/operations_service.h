// The delivery manager's gRPC service for its back office.
#pragma once

#include <variant>

#include "platform/batch/batcher.h"
#include "platform/rpc/work_list.h"
#include "services/delivery/workflow/delivery_workflow.h"
#include "tallystick/v1/delivery.grpc.pb.h"

namespace tallystick::delivery {

using OperationsTask = std::variant<ByHand, rpc::WaitingQuery, WorkResolution>;
using OperationsAnswer = std::variant<Recorded, rpc::WaitingPage, ResolvedWork>;
using OperationsBatcher = Batcher<OperationsTask, OperationsAnswer>;

// What the batcher does with its tasks, one at a time.
OperationsBatcher::Answers RunTasks(DeliveryWorkflow& workflow,
                                    std::span<const OperationsTask> tasks);

class OperationsServiceImpl final : public v1::DeliveryOperations::CallbackService {
 public:
  OperationsServiceImpl(rpc::Gate& gate, OperationsBatcher& tasks) : gate_(gate), tasks_(tasks) {}

  grpc::ServerUnaryReactor* ListWork(grpc::CallbackServerContext* context,
                                     const v1::DeliveryOperationsListWorkRequest* request,
                                     v1::DeliveryOperationsListWorkResponse* response) override;
  grpc::ServerUnaryReactor* ResolveWork(
      grpc::CallbackServerContext* context, const v1::DeliveryOperationsResolveWorkRequest* request,
      v1::DeliveryOperationsResolveWorkResponse* response) override;
  grpc::ServerUnaryReactor* RecordBooking(grpc::CallbackServerContext* context,
                                          const v1::RecordBookingRequest* request,
                                          v1::RecordBookingResponse* response) override;
  grpc::ServerUnaryReactor* RecordDispatch(grpc::CallbackServerContext* context,
                                           const v1::RecordDispatchRequest* request,
                                           v1::RecordDispatchResponse* response) override;
  grpc::ServerUnaryReactor* RecordShipment(grpc::CallbackServerContext* context,
                                           const v1::RecordShipmentRequest* request,
                                           v1::RecordShipmentResponse* response) override;
  grpc::ServerUnaryReactor* RecordReturn(grpc::CallbackServerContext* context,
                                         const v1::RecordReturnRequest* request,
                                         v1::RecordReturnResponse* response) override;

 private:
  rpc::Gate& gate_;
  OperationsBatcher& tasks_;
};

}  // namespace tallystick::delivery
