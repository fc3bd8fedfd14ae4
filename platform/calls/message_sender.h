// The sending end of the numbered sequences: a queue worker's handler that carries messages to a
// peer in one call a batch.
#pragma once

#include <google/protobuf/arena.h>

#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "platform/calls/message_batch.h"
#include "platform/relay/queue_worker.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"

namespace tallystick::rpc {

// `Request` has one repeated field of messages, which `add` appends to; `call` is the stub's
// blocking method bound to it. A payload that cannot be parsed is parked.
template <typename Request, typename Response, typename Message>
QueueWorker::Handle MessageSender(
    std::function<Message*(Request&)> add,
    std::function<grpc::Status(grpc::ClientContext*, const Request&, Response*)> call,
    absl::Duration timeout) {
  return [add = std::move(add), call = std::move(call),
          timeout](std::span<const WorkItem> items) -> absl::StatusOr<std::vector<WorkVerdict>> {
    google::protobuf::Arena arena;
    Request& request = *google::protobuf::Arena::CreateMessage<Request>(&arena);
    MessageBatch<Request, Message> batch(items, add, request);
    if (batch.empty()) return std::move(batch).Verdicts();
    grpc::ClientContext context;
    SetDeadline(context, timeout);
    context.AddMetadata("traceparent", ChildOf(batch.traceparent()));
    Response response;
    const grpc::Status status = call(&context, request, &response);
    if (!status.ok()) return FromGrpc(status);
    return std::move(batch).Verdicts(response);
  };
}

}  // namespace tallystick::rpc
