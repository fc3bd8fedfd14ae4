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

absl::StatusOr<OperationsAnswer> ListPage(DeliveryWorkflow& workflow,
                                          const rpc::WaitingQuery& query) {
  auto waiting = workflow.ListWaiting(query.after, static_cast<size_t>(query.page_size) + 1);
  if (!waiting.ok()) return waiting.status();
  rpc::WaitingPage page;
  page.more = static_cast<int>(waiting->size()) > query.page_size;
  if (page.more) waiting->pop_back();
  for (WaitingStep& step : *waiting) {
    page.items.push_back({step.item, QueueName(step.item.queue), std::move(step.description)});
  }
  return OperationsAnswer(std::move(page));
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
grpc::ServerUnaryReactor* HandOver(grpc::CallbackServerContext* context, OperationsBatcher& tasks,
                                   const Request& request, Fill fill) {
  const absl::StatusOr<Caller> caller = AuthenticateOperator(*context);
  if (!caller.ok()) return rpc::Finish(context, caller.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
  if (!id.ok()) return rpc::Finish(context, id.status());
  absl::StatusOr<ByHand> by_hand = Read(request);
  if (!by_hand.ok()) return rpc::Finish(context, by_hand.status());
  by_hand->trading_id = *id;
  return rpc::Hand(context, tasks, OperationsTask(*std::move(by_hand)),
                   [fill](const OperationsAnswer& answer) { fill(std::get<Recorded>(answer)); });
}

}  // namespace

OperationsBatcher::Answers RunTasks(DeliveryWorkflow& workflow,
                                    std::span<const OperationsTask> tasks) {
  OperationsBatcher::Answers answers;
  for (const OperationsTask& task : tasks) {
    answers.push_back(std::visit(
        Overloaded{[&](const ByHand& by_hand) -> absl::StatusOr<OperationsAnswer> {
                     auto recorded = workflow.Record(by_hand);
                     if (!recorded.ok()) return recorded.status();
                     return OperationsAnswer(*std::move(recorded));
                   },
                   [&](const rpc::WaitingQuery& query) { return ListPage(workflow, query); }},
        task));
  }
  return answers;
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ListWork(
    grpc::CallbackServerContext* context, const v1::DeliveryOperationsListWorkRequest* request,
    v1::DeliveryOperationsListWorkResponse* response) {
  const absl::StatusOr<Caller> caller = AuthenticateOperator(*context);
  if (!caller.ok()) return rpc::Finish(context, caller.status());
  const absl::StatusOr<rpc::WaitingQuery> query = rpc::ReadWaitingQuery(*request);
  if (!query.ok()) return rpc::Finish(context, query.status());
  return rpc::Hand(context, tasks_, OperationsTask(*query),
                   [response](const OperationsAnswer& answer) {
                     rpc::WriteWaiting(std::get<rpc::WaitingPage>(answer), response);
                   });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordBooking(
    grpc::CallbackServerContext* context, const v1::RecordBookingRequest* request,
    v1::RecordBookingResponse* response) {
  return HandOver(context, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
  });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordDispatch(
    grpc::CallbackServerContext* context, const v1::RecordDispatchRequest* request,
    v1::RecordDispatchResponse* response) {
  return HandOver(context, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
    response->set_shipment_id(recorded.shipment_id);
  });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordShipment(
    grpc::CallbackServerContext* context, const v1::RecordShipmentRequest* request,
    v1::RecordShipmentResponse* response) {
  return HandOver(context, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
  });
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordReturn(
    grpc::CallbackServerContext* context, const v1::RecordReturnRequest* request,
    v1::RecordReturnResponse* response) {
  return HandOver(context, tasks_, *request, [response](const Recorded& recorded) {
    *response->mutable_status() = wire::ToProto(recorded.status);
  });
}

}  // namespace tallystick::delivery
