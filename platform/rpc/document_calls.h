// The calls that read one document or many: the same in all three services but for the messages.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "platform/postgres/document_reader.h"
#include "platform/rpc/call.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

// Answers with the caller's document of `trading_id`; `fill` gets its bytes.
template <typename Fill>
grpc::ServerUnaryReactor* ReadDocument(grpc::CallbackServerContext* context,
                                       postgres::DocumentReader& reader,
                                       const std::string& trading_id, Fill fill) {
  const absl::StatusOr<Caller> caller = AuthenticateCaller(*context);
  if (!caller.ok()) return Finish(context, caller.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", trading_id);
  if (!id.ok()) return Finish(context, id.status());
  return Hand(context, reader.batcher(), postgres::DocumentQuery{*id, caller->subject},
              std::move(fill));
}

// Answers with one result for each of the request's `trading_ids`; `fill` gets a result and the
// bytes that go into it.
template <typename Request, typename Response, typename Fill>
grpc::ServerUnaryReactor* ReadDocuments(grpc::CallbackServerContext* context,
                                        postgres::DocumentReader& reader, const Request* request,
                                        Response* response, Fill fill) {
  const absl::StatusOr<Caller> caller = AuthenticateCaller(*context);
  if (!caller.ok()) return Finish(context, caller.status());
  const absl::Status size = CheckBatchSize("trading_ids", request->trading_ids_size());
  if (!size.ok()) return Finish(context, size);
  std::vector<absl::StatusOr<postgres::DocumentQuery>> queries;
  for (int i = 0; i < request->trading_ids_size(); ++i) {
    const absl::StatusOr<Uuid> id =
        wire::ReadTradingId(absl::StrCat("trading_ids[", i, "]"), request->trading_ids(i));
    if (id.ok()) {
      queries.emplace_back(postgres::DocumentQuery{*id, caller->subject});
    } else {
      queries.emplace_back(id.status());
    }
    response->add_results();
  }
  return HandAll(context, reader.batcher(), std::move(queries),
                 [response, fill = std::move(fill)](size_t i, absl::StatusOr<std::string> bytes) {
                   auto* result = response->mutable_results(static_cast<int>(i));
                   if (bytes.ok()) {
                     fill(result, *bytes);
                   } else {
                     *result->mutable_error() = ToProto(bytes.status());
                   }
                 });
}

}  // namespace tallystick::rpc
