#include "services/payment/service/operations_service.h"

#include "platform/runtime/overloaded.h"
#include "platform/trade/text.h"
#include "platform/wire/convert.h"
#include "services/payment/store/payment_store.h"

namespace tallystick::payment {
namespace {

constexpr size_t kMaxReasonBytes = 200;

std::string QueueName(int16_t queue) {
  switch (queue) {
    case kReportQueue: return "reports to shopping";
    case kGatewayQueue: return "gateway";
    case kPlannedQueue: return "planned captures";
    default: return absl::StrCat("queue ", queue);
  }
}

absl::StatusOr<ByHand> ReadByHand(const std::string& trading_id, int32_t number) {
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", trading_id);
  if (!id.ok()) return id.status();
  if (number < 1) return InvalidField("number", "give the transaction's number, 1 or more");
  return ByHand{*id, number, std::nullopt};
}

absl::StatusOr<ByHand> ReadRecord(const v1::RecordTransactionRequest& request) {
  absl::StatusOr<ByHand> by_hand = ReadByHand(request.trading_id(), request.number());
  if (!by_hand.ok()) return by_hand;
  const auto state = static_cast<TransactionState>(request.state());
  if (state != TransactionState::kSucceeded && state != TransactionState::kFailed) {
    return InvalidField("state", "give SUCCEEDED or FAILED");
  }
  const absl::Status reason =
      CheckText("failure_reason", request.failure_reason(), kMaxReasonBytes, false);
  if (!reason.ok()) return reason;
  by_hand->outcome = Outcome{state, request.failure_reason()};
  return by_hand;
}

template <typename Response>
grpc::ServerUnaryReactor* HandOver(grpc::CallbackServerContext* context, rpc::Gate& gate,
                                   OperationsBatcher& tasks, absl::StatusOr<ByHand> by_hand,
                                   Response* response) {
  absl::StatusOr<rpc::Admission> call = gate.AdmitOperator(*context);
  if (!call.ok()) return rpc::Finish(context, call.status());
  if (!by_hand.ok()) return rpc::Finish(context, by_hand.status());
  by_hand->subject = call->subject();
  return rpc::Hand(context, *std::move(call), tasks, OperationsTask(*std::move(by_hand)),
                   [response](const OperationsAnswer& answer) {
                     *response->mutable_status() = wire::ToProto(std::get<PaymentStatus>(answer));
                   });
}

}  // namespace

OperationsBatcher::Answers RunTasks(PaymentWorkflow& workflow,
                                    std::span<const OperationsTask> tasks) {
  const auto list = [&](const WorkItem& after,
                        size_t limit) -> absl::StatusOr<std::vector<rpc::WaitingItem>> {
    auto waiting = workflow.ListWaiting(after, limit);
    if (!waiting.ok()) return waiting.status();
    std::vector<rpc::WaitingItem> items;
    for (WaitingTransaction& one : *waiting) {
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
    grpc::CallbackServerContext* context, const v1::PaymentOperationsListWorkRequest* request,
    v1::PaymentOperationsListWorkResponse* response) {
  return rpc::ListWorkCall(context, gate_, tasks_, *request, response);
}

grpc::ServerUnaryReactor* OperationsServiceImpl::ResolveWork(
    grpc::CallbackServerContext* context, const v1::PaymentOperationsResolveWorkRequest* request,
    v1::PaymentOperationsResolveWorkResponse* response) {
  return rpc::ResolveWorkCall(context, gate_, tasks_, *request, response);
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RecordTransaction(
    grpc::CallbackServerContext* context, const v1::RecordTransactionRequest* request,
    v1::RecordTransactionResponse* response) {
  return HandOver(context, gate_, tasks_, ReadRecord(*request), response);
}

grpc::ServerUnaryReactor* OperationsServiceImpl::RetryTransaction(
    grpc::CallbackServerContext* context, const v1::RetryTransactionRequest* request,
    v1::RetryTransactionResponse* response) {
  return HandOver(context, gate_, tasks_, ReadByHand(request->trading_id(), request->number()),
                  response);
}

}  // namespace tallystick::payment
