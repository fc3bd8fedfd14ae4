#include "services/delivery/service/delivery_service.h"

#include "platform/rpc/apply_calls.h"
#include "platform/rpc/document_calls.h"
#include "platform/rpc/watch_calls.h"
#include "tallystick/record/v1/delivery_record.pb.h"

namespace tallystick::delivery {
namespace {

using record::v1::DeliveryRecord;

}  // namespace

grpc::ServerUnaryReactor* DeliveryServiceImpl::GetDeliveryStatus(
    grpc::CallbackServerContext* context, const v1::GetDeliveryStatusRequest* request,
    v1::GetDeliveryStatusResponse* response) {
  return rpc::ReadDocument<DeliveryRecord>(
      context, gate_, desk_, request, [response](DeliveryRecord record) {
        response->mutable_status()->Swap(record.mutable_status());
      });
}

grpc::ServerUnaryReactor* DeliveryServiceImpl::BatchGetDeliveryStatuses(
    grpc::CallbackServerContext* context, const v1::BatchGetDeliveryStatusesRequest* request,
    v1::BatchGetDeliveryStatusesResponse* response) {
  return rpc::ReadDocuments<DeliveryRecord>(
      context, gate_, desk_, request, response,
      [](v1::DeliveryStatusResult* result, DeliveryRecord record) {
        result->mutable_status()->Swap(record.mutable_status());
      });
}

grpc::ServerWriteReactor<v1::WatchDeliveryStatusResponse>* DeliveryServiceImpl::WatchDeliveryStatus(
    grpc::CallbackServerContext* context, const v1::WatchDeliveryStatusRequest* request) {
  return rpc::WatchDocument<DeliveryRecord, v1::WatchDeliveryStatusResponse>(
      context, gate_, desk_, request,
      [](DeliveryRecord entry, v1::WatchDeliveryStatusResponse* response) {
        response->mutable_status()->Swap(entry.mutable_status());
      });
}

grpc::ServerUnaryReactor* DeliveryInstructionsImpl::ApplyInstructions(
    grpc::CallbackServerContext* context,
    const v1::DeliveryInstructionsApplyInstructionsRequest* request,
    v1::DeliveryInstructionsApplyInstructionsResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitPeer(*context, {"shopping"});
  if (!call.ok()) return rpc::Finish(context, call.status());
  return rpc::ApplyMessages(
      context, *std::move(call), batcher_, "instructions", request->instructions(),
      [](const v1::DeliveryInstruction& proto) { return wire::FromProto(proto); }, response);
}

}  // namespace tallystick::delivery
