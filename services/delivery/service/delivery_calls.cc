#include "services/delivery/service/delivery_calls.h"

#include "platform/calls/apply_calls.h"
#include "platform/calls/watch_calls.h"
#include "tallystick/record/v1/delivery_record.pb.h"

namespace tallystick::delivery {
namespace {

using record::v1::DeliveryRecord;

constexpr auto kWriteStatus = [](DeliveryRecord record, auto& answer) {
  answer.mutable_status()->Swap(record.mutable_status());
};

}  // namespace

rpc::ServiceTable BuyerCalls(StatusReader& desk) {
  rpc::ServiceTable table("tallystick.v1.DeliveryService");
  rpc::AddRead<DeliveryRecord, v1::GetDeliveryStatusRequest, v1::GetDeliveryStatusResponse>(
      table, "GetDeliveryStatus", desk, kWriteStatus);
  rpc::AddReadAll<DeliveryRecord, v1::BatchGetDeliveryStatusesRequest,
                  v1::BatchGetDeliveryStatusesResponse>(table, "BatchGetDeliveryStatuses", desk,
                                                        kWriteStatus);
  rpc::AddWatch<DeliveryRecord, v1::WatchDeliveryStatusRequest, v1::WatchDeliveryStatusResponse>(
      table, "WatchDeliveryStatus", desk, kWriteStatus);
  return table;
}

rpc::ServiceTable InstructionCalls(InstructionBatcher& instructions) {
  rpc::ServiceTable table("tallystick.v1.DeliveryInstructions");
  using Request = v1::DeliveryInstructionsApplyInstructionsRequest;
  rpc::AddApply<Request, v1::DeliveryInstructionsApplyInstructionsResponse>(
      table, "ApplyInstructions", rpc::ForPeers({"shopping"}), "instructions", instructions,
      [](const Request& request) -> const auto& { return request.instructions(); },
      [](rpc::Call&, const v1::DeliveryInstruction& proto) { return wire::FromProto(proto); });
  return table;
}

}  // namespace tallystick::delivery
