#include "services/delivery/service/operations_calls.h"

#include "platform/trade/limits.h"
#include "platform/trade/text.h"
#include "platform/wire/convert.h"

namespace tallystick::delivery {
namespace {

constexpr int kMaxDispatchLines = 200;

absl::StatusOr<ByHand> Read(const v1::RecordBookingRequest& request) {
  const absl::Status reason = CheckText("reason", request.reason(), kMaxReasonBytes, false);
  if (!reason.ok()) return reason;
  return ByHand{{}, BookingByHand{{request.accepted(), request.reason(), {}}}};
}

absl::StatusOr<ByHand> Read(const v1::RecordDispatchRequest& request) {
  const std::optional<Uuid> request_id = ParseUuid(request.request_id());
  if (!request_id) {
    return InvalidField("request_id", "give a UUID of your own, best of version 7");
  }
  if (request.lines_size() > kMaxDispatchLines) {
    return InvalidField("lines", absl::StrCat("give at most ", kMaxDispatchLines));
  }
  for (const absl::Status& status :
       {CheckText("carrier", request.carrier(), kMaxReasonBytes, false),
        CheckText("tracking_number", request.tracking_number(), kMaxReasonBytes, false)}) {
    if (!status.ok()) return status;
  }
  return ByHand{{},
                Dispatch{*request_id, request.shipment_id(), wire::GoodsFrom(request.lines()),
                         request.carrier(), request.tracking_number()}};
}

absl::StatusOr<ByHand> Read(const v1::RecordShipmentRequest& request) {
  const auto state = static_cast<ShipmentState>(request.state());
  if (state != ShipmentState::kOutForDelivery && state != ShipmentState::kDelivered &&
      state != ShipmentState::kFailed) {
    return InvalidField("state", "give OUT_FOR_DELIVERY, DELIVERED or FAILED");
  }
  const absl::Status reason = CheckText("reason", request.reason(), kMaxReasonBytes, false);
  if (!reason.ok()) return reason;
  return ByHand{{}, ShipmentByHand{request.shipment_id(), {state, "", "", request.reason()}}};
}

absl::StatusOr<ByHand> Read(const v1::RecordReturnRequest& request) {
  const auto state = static_cast<ReturnState>(request.state());
  if (state != ReturnState::kCollecting && state != ReturnState::kReceived &&
      state != ReturnState::kRejected) {
    return InvalidField("state", "give COLLECTING, RECEIVED or REJECTED");
  }
  const absl::Status reason = CheckText("reason", request.reason(), kMaxReasonBytes, false);
  if (!reason.ok()) return reason;
  return ByHand{{}, ReturnByHand{request.return_id(), {state, request.reason()}}};
}

// A task that records something, and answers with the delivery as it is then.
template <typename Request, typename Response>
void AddRecord(rpc::ServiceTable& table, std::string name, rpc::TaskDesk& tasks,
               const Operations& operations) {
  rpc::AddTask<Request, Response>(
      table, std::move(name), rpc::ForOperators(), tasks,
      [](const rpc::Call& call, const Request& request) -> absl::StatusOr<ByHand> {
        const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
        if (!id.ok()) return id.status();
        absl::StatusOr<ByHand> by_hand = Read(request);
        if (!by_hand.ok()) return by_hand;
        by_hand->trading_id = *id;
        by_hand->subject = call.subject();
        by_hand->traceparent = call.traceparent();
        return by_hand;
      },
      [record = operations.record](const ByHand& by_hand) -> absl::StatusOr<Response> {
        const absl::StatusOr<Recorded> recorded = record(by_hand);
        if (!recorded.ok()) return recorded.status();
        Response response;
        *response.mutable_status() = wire::ToProto(recorded->status);
        if constexpr (requires { response.set_shipment_id(""); }) {
          response.set_shipment_id(recorded->shipment_id);
        }
        return response;
      });
}

}  // namespace

rpc::ServiceTable OperationsCalls(rpc::TaskDesk& tasks, const Operations& operations) {
  rpc::ServiceTable table("tallystick.v1.DeliveryOperations");
  rpc::AddWork<v1::DeliveryOperationsListWorkRequest, v1::DeliveryOperationsListWorkResponse,
               v1::DeliveryOperationsResolveWorkRequest, v1::DeliveryOperationsResolveWorkResponse>(
      table, tasks, operations.waiting);
  AddRecord<v1::RecordBookingRequest, v1::RecordBookingResponse>(table, "RecordBooking", tasks,
                                                                 operations);
  AddRecord<v1::RecordDispatchRequest, v1::RecordDispatchResponse>(table, "RecordDispatch", tasks,
                                                                   operations);
  AddRecord<v1::RecordShipmentRequest, v1::RecordShipmentResponse>(table, "RecordShipment", tasks,
                                                                   operations);
  AddRecord<v1::RecordReturnRequest, v1::RecordReturnResponse>(table, "RecordReturn", tasks,
                                                               operations);
  return table;
}

}  // namespace tallystick::delivery
