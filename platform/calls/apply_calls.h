// The call that takes numbered messages from a peer: the same in all three services but for the
// messages.
#pragma once

#include <string>
#include <type_traits>
#include <utility>

#include "platform/calls/ask.h"
#include "platform/ids/trace.h"
#include "platform/process/log.h"
#include "platform/trade/apply.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

inline const std::string& TradeOf(const v1::PaymentInstruction& message) {
  return message.trading_id();
}
inline const std::string& TradeOf(const v1::DeliveryInstruction& message) {
  return message.trading_id();
}
inline const std::string& TradeOf(const v1::Report& report) {
  return report.has_payment() ? report.payment().trading_id() : report.delivery().trading_id();
}

// A line of the access log: a call carries messages of many traces.
template <typename Message>
concept Traced = requires(const Message& message) {
  message.traceparent();
};
template <Traced Message>
void LogMessage(const Message& message, const v1::ApplyResult& result) {
  if (!log::LogsAccess()) return;
  const std::string trace_id = TraceIdOf(message.traceparent());
  const log::Field fields[] = {{"kind", Message::descriptor()->name()},
                               {"trading_id", TradeOf(message)},
                               {"outcome", v1::ApplyOutcome_Name(result.outcome())},
                               {"trace_id", trace_id}};
  log::Access("message", fields);
}

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
      [messages](const Request& request, int i, const absl::StatusOr<ApplyAnswer>& answer,
                 v1::ApplyResult* result) {
        *result = wire::ToProto(answer);
        if constexpr (Traced<std::decay_t<decltype(messages(request)[i])>>) {
          LogMessage(messages(request)[i], *result);
        }
      });
}

}  // namespace tallystick::rpc
