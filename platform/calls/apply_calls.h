// The call that takes numbered messages from a peer: the same in all three services but for the
// messages.
#pragma once

#include <string>
#include <utility>

#include "platform/calls/ask.h"
#include "platform/trade/apply.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

// `messages(request)` is the request's repeated field named `field`; `read(Call&, message)` turns
// one into what the batcher takes or says why it cannot.
template <typename Request, typename Response, typename Message, typename Messages, typename Read>
void AddApply(ServiceTable& table, std::string name, Access access, absl::string_view field,
              Batcher<Message, ApplyAnswer>& batcher, Messages messages, Read read) {
  AddAskAll<Request, Response>(
      table, std::move(name), std::move(access), field, batcher,
      [messages](const Request& request) { return messages(request).size(); },
      [messages, read = std::move(read)](Call& call, const Request& request, int i) {
        return read(call, messages(request)[i]);
      },
      [](const absl::StatusOr<ApplyAnswer>& answer, v1::ApplyResult* result) {
        *result = wire::ToProto(answer);
      });
}

}  // namespace tallystick::rpc
