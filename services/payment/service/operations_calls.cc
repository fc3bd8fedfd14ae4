#include "services/payment/service/operations_calls.h"

#include "platform/trade/limits.h"
#include "platform/trade/text.h"
#include "platform/wire/convert.h"

namespace tallystick::payment {
namespace {

absl::StatusOr<ByHand> ReadByHand(const rpc::Call& call, const std::string& trading_id,
                                  int32_t number) {
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", trading_id);
  if (!id.ok()) return id.status();
  if (number < 1) return InvalidField("number", "give the transaction's number, 1 or more");
  return ByHand{*id, number, std::nullopt, call.subject(), std::nullopt, call.traceparent()};
}

absl::StatusOr<ByHand> ReadRecord(const rpc::Call& call,
                                  const v1::RecordTransactionRequest& request) {
  absl::StatusOr<ByHand> by_hand = ReadByHand(call, request.trading_id(), request.number());
  if (!by_hand.ok()) return by_hand;
  const auto state = static_cast<TransactionState>(request.state());
  if (state != TransactionState::kSucceeded && state != TransactionState::kFailed) {
    return InvalidField("state", "give SUCCEEDED or FAILED");
  }
  const absl::Status reason =
      CheckText("failure_reason", request.failure_reason(), kMaxReasonBytes, false);
  if (!reason.ok()) return reason;
  by_hand->outcome = Outcome{state, request.failure_reason()};
  if (!v1::TransactionType_IsValid(request.type())) {
    return InvalidField("type", "give the transaction's type, or leave it out");
  }
  if (request.type() != v1::TRANSACTION_TYPE_UNSPECIFIED) {
    by_hand->type = static_cast<TransactionType>(request.type());
  }
  return by_hand;
}

// A task that records something, and answers with the payment as it is then.
template <typename Request, typename Response, typename Read>
void AddRecord(rpc::ServiceTable& table, std::string name, rpc::TaskDesk& tasks,
               const Operations& operations, Read read) {
  rpc::AddTask<Request, Response>(
      table, std::move(name), rpc::ForOperators(), tasks, std::move(read),
      [record = operations.record](const ByHand& by_hand) -> absl::StatusOr<Response> {
        const absl::StatusOr<PaymentStatus> status = record(by_hand);
        if (!status.ok()) return status.status();
        Response response;
        *response.mutable_status() = wire::ToProto(*status);
        return response;
      });
}

}  // namespace

rpc::ServiceTable OperationsCalls(rpc::TaskDesk& tasks, const Operations& operations) {
  rpc::ServiceTable table("tallystick.v1.PaymentOperations");
  rpc::AddWork<v1::PaymentOperationsListWorkRequest, v1::PaymentOperationsListWorkResponse,
               v1::PaymentOperationsResolveWorkRequest, v1::PaymentOperationsResolveWorkResponse>(
      table, tasks, operations.waiting);
  AddRecord<v1::RecordTransactionRequest, v1::RecordTransactionResponse>(
      table, "RecordTransaction", tasks, operations, ReadRecord);
  AddRecord<v1::RetryTransactionRequest, v1::RetryTransactionResponse>(
      table, "RetryTransaction", tasks, operations,
      [](const rpc::Call& call, const v1::RetryTransactionRequest& request) {
        return ReadByHand(call, request.trading_id(), request.number());
      });
  return table;
}

}  // namespace tallystick::payment
