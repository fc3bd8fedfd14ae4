// The sending end of the numbered sequences: a queue worker's handler that carries messages to a
// peer in one call a batch.
#pragma once

#include <google/protobuf/arena.h>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "platform/relay/queue_worker.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"
#include "tallystick/v1/trade.pb.h"

namespace tallystick::rpc {

inline WorkVerdict VerdictOf(const v1::ApplyResult& result) {
  switch (result.outcome()) {
    case v1::APPLY_OUTCOME_APPLIED:
    case v1::APPLY_OUTCOME_ALREADY_APPLIED: return {WorkVerdict::kDone};
    case v1::APPLY_OUTCOME_REFUSED: return {WorkVerdict::kRefused, {}, result.reason()};
    case v1::APPLY_OUTCOME_NOT_YET:
      return {WorkVerdict::kStuck, {}, "an earlier message of the trade has not arrived"};
    case v1::APPLY_OUTCOME_FAILED: return {WorkVerdict::kStuck, {}, result.reason()};
    default: return {WorkVerdict::kRetry, {}, result.reason()};
  }
}

// `Request` has one repeated field of messages, which `add` appends to; `call` is the stub's
// blocking method bound to it. A payload that cannot be parsed is parked.
template <typename Request, typename Response, typename Message>
QueueWorker::Handle MessageSender(
    std::function<Message*(Request&)> add,
    std::function<grpc::Status(grpc::ClientContext*, const Request&, Response*)> call,
    absl::Duration timeout) {
  return [add = std::move(add), call = std::move(call),
          timeout](std::span<const WorkItem> items) -> absl::StatusOr<std::vector<WorkVerdict>> {
    std::vector<WorkVerdict> verdicts(
        items.size(), WorkVerdict{WorkVerdict::kParked, {}, "the message cannot be read"});
    std::vector<size_t> sent;
    google::protobuf::Arena arena;
    Request& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
    for (size_t i = 0; i < items.size(); ++i) {
      if (add(request)->ParseFromString(items[i].payload)) {
        sent.push_back(i);
      } else {
        request.GetReflection()->RemoveLast(&request, Request::descriptor()->field(0));
      }
    }
    if (sent.empty()) return verdicts;
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    Response response;
    const grpc::Status status = call(&context, request, &response);
    if (!status.ok()) return FromGrpc(status);
    if (response.results_size() != static_cast<int>(sent.size())) {
      return absl::InternalError("the peer answered another number of results than was sent");
    }
    for (size_t i = 0; i < sent.size(); ++i) {
      verdicts[sent[i]] = VerdictOf(response.results(static_cast<int>(i)));
    }
    return verdicts;
  };
}

}  // namespace tallystick::rpc
