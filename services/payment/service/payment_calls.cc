#include "services/payment/service/payment_calls.h"

#include "platform/calls/apply_calls.h"
#include "platform/calls/watch_calls.h"
#include "tallystick/record/v1/payment_record.pb.h"

namespace tallystick::payment {
namespace {

using record::v1::PaymentRecord;

constexpr auto kWriteStatus = [](PaymentRecord record, auto& answer) {
  answer.mutable_status()->Swap(record.mutable_status());
};

}  // namespace

rpc::ServiceTable BuyerCalls(StatusReader& desk) {
  rpc::ServiceTable table("tallystick.v1.PaymentService");
  rpc::AddRead<PaymentRecord, v1::GetPaymentStatusRequest, v1::GetPaymentStatusResponse>(
      table, "GetPaymentStatus", desk, kWriteStatus);
  rpc::AddReadAll<PaymentRecord, v1::BatchGetPaymentStatusesRequest,
                  v1::BatchGetPaymentStatusesResponse>(table, "BatchGetPaymentStatuses", desk,
                                                       kWriteStatus);
  rpc::AddWatch<PaymentRecord, v1::WatchPaymentStatusRequest, v1::WatchPaymentStatusResponse>(
      table, "WatchPaymentStatus", desk, kWriteStatus);
  return table;
}

rpc::ServiceTable InstructionCalls(InstructionBatcher& instructions) {
  rpc::ServiceTable table("tallystick.v1.PaymentInstructions");
  using Request = v1::PaymentInstructionsApplyInstructionsRequest;
  rpc::AddApply<Request, v1::PaymentInstructionsApplyInstructionsResponse>(
      table, "ApplyInstructions", rpc::ForPeers({"shopping"}), "instructions", instructions,
      [](const Request& request) -> const auto& { return request.instructions(); },
      [](rpc::Call&, const v1::PaymentInstruction& proto) { return wire::FromProto(proto); });
  return table;
}

}  // namespace tallystick::payment
