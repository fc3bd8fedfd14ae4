// The call that takes numbered messages from a peer: the same in all three services but for the
// messages.
#pragma once

#include <utility>
#include <vector>

#include "platform/relay/apply.h"
#include "platform/rpc/call.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

// `messages` is the request's repeated field named `field`; `read` turns one into what the batcher
// takes or says why it cannot. Fills the response's results.
template <typename Message, typename Messages, typename Read, typename Response>
grpc::ServerUnaryReactor* ApplyMessages(grpc::CallbackServerContext* context, Admission call,
                                        Batcher<Message, ApplyAnswer>& batcher,
                                        absl::string_view field, const Messages& messages,
                                        Read read, Response* response) {
  const absl::Status size = CheckBatchSize(field, messages.size());
  if (!size.ok()) return Finish(context, size);
  std::vector<absl::StatusOr<Message>> parsed;
  parsed.reserve(messages.size());
  for (const auto& message : messages) {
    parsed.push_back(read(message));
    response->add_results();
  }
  return HandAll(context, std::move(call), batcher, std::move(parsed),
                 [response](size_t i, absl::StatusOr<ApplyAnswer> answer) {
                   *response->mutable_results(static_cast<int>(i)) = wire::ToProto(answer);
                 });
}

}  // namespace tallystick::rpc
