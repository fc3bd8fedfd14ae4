#include "services/payment/service/payment_service.h"

#include "platform/rpc/apply_calls.h"
#include "platform/rpc/document_calls.h"
#include "platform/rpc/watch_calls.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::payment {
namespace {

void ReadStatus(const std::string& document, v1::PaymentStatus* status) {
  record::v1::PaymentRecord record;
  record.ParseFromString(document);
  *status = std::move(*record.mutable_status());
}

}  // namespace

grpc::ServerUnaryReactor* PaymentServiceImpl::GetPaymentStatus(
    grpc::CallbackServerContext* context, const v1::GetPaymentStatusRequest* request,
    v1::GetPaymentStatusResponse* response) {
  return rpc::ReadDocument(context, gate_, desk_, request, [response](const std::string& document) {
    ReadStatus(document, response->mutable_status());
  });
}

grpc::ServerUnaryReactor* PaymentServiceImpl::BatchGetPaymentStatuses(
    grpc::CallbackServerContext* context, const v1::BatchGetPaymentStatusesRequest* request,
    v1::BatchGetPaymentStatusesResponse* response) {
  return rpc::ReadDocuments(context, gate_, desk_, request, response,
                            [](v1::PaymentStatusResult* result, const std::string& document) {
                              ReadStatus(document, result->mutable_status());
                            });
}

grpc::ServerWriteReactor<v1::WatchPaymentStatusResponse>* PaymentServiceImpl::WatchPaymentStatus(
    grpc::CallbackServerContext* context, const v1::WatchPaymentStatusRequest* request) {
  return rpc::WatchDocument<v1::WatchPaymentStatusResponse>(
      context, gate_, desk_, request,
      [](const std::string& entry, v1::WatchPaymentStatusResponse* response) {
        ReadStatus(entry, response->mutable_status());
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
