#include "services/payment/service/payment_service.h"

#include "platform/rpc/apply_calls.h"
#include "platform/rpc/document_calls.h"
#include "platform/rpc/watch_calls.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::payment {
namespace {

using record::v1::PaymentRecord;

}  // namespace

grpc::ServerUnaryReactor* PaymentServiceImpl::GetPaymentStatus(
    grpc::CallbackServerContext* context, const v1::GetPaymentStatusRequest* request,
    v1::GetPaymentStatusResponse* response) {
  return rpc::ReadDocument<PaymentRecord>(
      context, gate_, desk_, request, [response](PaymentRecord record) {
        response->mutable_status()->Swap(record.mutable_status());
      });
}

grpc::ServerUnaryReactor* PaymentServiceImpl::BatchGetPaymentStatuses(
    grpc::CallbackServerContext* context, const v1::BatchGetPaymentStatusesRequest* request,
    v1::BatchGetPaymentStatusesResponse* response) {
  return rpc::ReadDocuments<PaymentRecord>(
      context, gate_, desk_, request, response,
      [](v1::PaymentStatusResult* result, PaymentRecord record) {
        result->mutable_status()->Swap(record.mutable_status());
      });
}

grpc::ServerWriteReactor<v1::WatchPaymentStatusResponse>* PaymentServiceImpl::WatchPaymentStatus(
    grpc::CallbackServerContext* context, const v1::WatchPaymentStatusRequest* request) {
  return rpc::WatchDocument<PaymentRecord, v1::WatchPaymentStatusResponse>(
      context, gate_, desk_, request,
      [](PaymentRecord entry, v1::WatchPaymentStatusResponse* response) {
        response->mutable_status()->Swap(entry.mutable_status());
      });
}

grpc::ServerUnaryReactor* PaymentInstructionsImpl::ApplyInstructions(
    grpc::CallbackServerContext* context,
    const v1::PaymentInstructionsApplyInstructionsRequest* request,
    v1::PaymentInstructionsApplyInstructionsResponse* response) {
  absl::StatusOr<rpc::Admission> call = gate_.AdmitPeer(*context, {"shopping"});
  if (!call.ok()) return rpc::Finish(context, call.status());
  return rpc::ApplyMessages(
      context, *std::move(call), batcher_, "instructions", request->instructions(),
      [](const v1::PaymentInstruction& proto) { return wire::FromProto(proto); }, response);
}

}  // namespace tallystick::payment
