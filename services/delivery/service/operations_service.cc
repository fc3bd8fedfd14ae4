#include "services/delivery/service/operations_service.h"

#include "platform/runtime/overloaded.h"
#include "platform/trade/text.h"
#include "platform/wire/convert.h"
#include "services/delivery/store/delivery_store.h"

namespace tallystick::delivery {
namespace {

constexpr size_t kMaxTextBytes = 200;
constexpr int kMaxDispatchLines = 200;

std::string QueueName(int16_t queue) {
  switch (queue) {
    case kReportQueue: return "reports to shopping";
    case kCarrierQueue: return "carrier";
    default: return absl::StrCat("queue ", queue);
  }
}

absl::StatusOr<ByHand> Read(const v1::RecordBookingRequest& request) {
  const absl::Status reason = CheckText("reason", request.reason(), kMaxTextBytes, false);
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
       {CheckText("carrier", request.carrier(), kMaxTextBytes, false),
        CheckText("tracking_number", request.tracking_number(), kMaxTextBytes, false)}) {
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
  const absl::Status reason = CheckText("reason", request.reason(), kMaxTextBytes, false);
  if (!reason.ok()) return reason;
  return ByHand{{}, ShipmentByHand{request.shipment_id(), {state, "", "", request.reason()}}};
}

absl::StatusOr<ByHand> Read(const v1::RecordReturnRequest& request) {
  const auto state = static_cast<ReturnState>(request.state());
  if (state != ReturnState::kCollecting && state != ReturnState::kReceived &&
      state != ReturnState::kRejected) {
    return InvalidField("state", "give COLLECTING, RECEIVED or REJECTED");
  }
  const absl::Status reason = CheckText("reason", request.reason(), kMaxTextBytes, false);
  if (!reason.ok()) return reason;
  return ByHand{{}, ReturnByHand{request.return_id(), {state, request.reason()}}};
}

template <typename Request, typename Fill>
grpc::ServerUnaryReactor* HandOver(grpc::CallbackServerContext* context, rpc::Gate& gate,
                                   OperationsBatcher& tasks, const Request& request, Fill fill) {
  absl::StatusOr<rpc::Admission> call = gate.AdmitOperator(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
  if (!id.ok()) return rpc::Finish(context, id.status());
  absl::StatusOr<ByHand> by_hand = Read(request);
  if (!by_hand.ok()) return rpc::Finish(context, by_hand.status());
  by_hand->trading_id = *id;
  by_hand->subject = call->subject();
  return rpc::Hand(context, *std::move(call), tasks, OperationsTask(*std::move(by_hand)),
                   [fill](const OperationsAnswer& answer) { fill(std::get<Recorded>(answer)); });
}

}  // namespace

OperationsBatcher::Answers RunTasks(DeliveryWorkflow& workflow,
                                    std::span<const OperationsTask> tasks) {
  const auto list = [&](const WorkItem& after,
                        size_t limit) -> absl::StatusOr<std::vector<rpc::WaitingItem>> {
    auto waiting = workflow.ListWaiting(after, limit);
    if (!waiting.ok()) return waiting.status();
    std::vector<rpc::WaitingItem> items;
    for (WaitingStep& one : *waiting) {
      items.push_back({one.item, QueueName(one.item.queue), std::move(one.description)});
    }
    return items;
  };
  return rpc::RunOperations<OperationsAnswer>(
      tasks,
      Overloaded{[&](const ByHand& by_hand) { return workflow.Record(by_hand); },
                 [&](const rpc::WaitingQuery& query) { return rpc::MakePage(query, list); },
                 [&](const WorkResolution& resolution) { return workflow.Resolve(resolution); }});
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ListWork(
    grpc::CallbackServerContext* context, const v1::DeliveryOperationsListWorkRequest* request,
    v1::DeliveryOperationsListWorkResponse* response) {
  return rpc::ListWorkCall(context, gate_, tasks_, *request, response);
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ResolveWork(
    grpc::CallbackServerContext* context, const v1::DeliveryOperationsResolveWorkRequest* request,
    v1::DeliveryOperationsResolveWorkResponse* response) {
  return rpc::ResolveWorkCall(context, gate_, tasks_, *request, response);
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordBooking(
    grpc::CallbackServerContext* context, const v1::RecordBookingRequest* request,
    v1::RecordBookingResponse* response) {
  return HandOver(context, gate_, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
  });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordDispatch(
    grpc::CallbackServerContext* context, const v1::RecordDispatchRequest* request,
    v1::RecordDispatchResponse* response) {
  return HandOver(context, gate_, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
    response->set_shipment_id(recorded.shipment_id);
  });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordShipment(
    grpc::CallbackServerContext* context, const v1::RecordShipmentRequest* request,
    v1::RecordShipmentResponse* response) {
  return HandOver(context, gate_, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
  });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordReturn(
    grpc::CallbackServerContext* context, const v1::RecordReturnRequest* request,
    v1::RecordReturnResponse* response) {
  return HandOver(context, gate_, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
  });
}

}  // namespace tallystick::delivery
