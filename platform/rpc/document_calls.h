// The calls that read the status of one trade or of many: the same in all three services but for
// the messages.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "platform/batch/gather.h"
#include "platform/history/status_desk.h"
#include "platform/rpc/call.h"
#include "platform/runtime/log.h"
#include "platform/wire/convert.h"

namespace tallystick::rpc {

template <typename Request>
std::optional<absl::Time> ReceiveTimeOf(const Request& request) {
  if constexpr (requires { request.has_receive_time(); }) {
    if (request.has_receive_time()) {
      return TruncateToMillis(wire::TimeFrom(request.receive_time()));
    }
  }
  return std::nullopt;
}

// Which revision of the i-th trade is asked for; 0 is the latest.
template <typename Request>
absl::StatusOr<int64_t> RevisionOf(const Request& request, int i) {
  int64_t revision = 0;
  std::string field = "revision";
  if constexpr (requires { request.revision(); }) revision = request.revision();
  if constexpr (requires { request.revisions(); }) {
    if (request.revisions_size() == 0) return 0;
    if (request.revisions_size() != request.trading_ids_size()) {
      return InvalidField("revisions", "give none, or one for each of trading_ids");
    }
    revision = request.revisions(i);
    field = absl::StrCat("revisions[", i, "]");
  }
  if (revision < 0) return InvalidField(field, "give 1 or more, or 0 for the latest");
  if (revision > 0 && ReceiveTimeOf(request)) {
    return InvalidField(field, "give a receive_time or a revision, not both");
  }
  return revision;
}

// What is stored, as a `Record`. INTERNAL when it is none: never an empty one.
template <typename Record>
absl::StatusOr<Record> ParseStored(const absl::StatusOr<std::string>& bytes) {
  if (!bytes.ok()) return bytes.status();
  Record record;
  if (!bytes->empty() && record.ParseFromString(*bytes)) return record;
  log::Error("a row cannot be read", {{"record", Record::descriptor()->name()}});
  return absl::InternalError("what is stored cannot be read; see the server's log");
}

// Answers with the caller's document of the request's trade; `fill` gets it as a `Record`.
template <typename Record, typename Request, typename Fill>
grpc::ServerUnaryReactor* ReadDocument(grpc::CallbackServerContext* context, Gate& gate,
                                       StatusReader& desk, const Request* request, Fill fill) {
  absl::StatusOr<Admission> call = gate.AdmitCaller(*context);
  if (!call.ok()) return Finish(context, call.status());
  const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request->trading_id());
  if (!id.ok()) return Finish(context, id.status());
  const absl::StatusOr<int64_t> revision = RevisionOf(*request, 0);
  if (!revision.ok()) return Finish(context, revision.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  StatusQuery query{*id, call->subject(), ReceiveTimeOf(*request), *revision};
  KeepUntilDone(context, *std::move(call));
  desk.Read(std::move(query), PatienceOf(*context),
            [reactor, fill = std::move(fill)](absl::StatusOr<std::string> document) mutable {
              absl::StatusOr<Record> record = ParseStored<Record>(document);
              if (record.ok()) fill(*std::move(record));
              reactor->Finish(ToGrpc(record.status()));
            });
  return reactor;
}

// Answers with one result for each of the request's `trading_ids`; `fill` gets a result and the
// `Record` that goes into it.
template <typename Record, typename Request, typename Response, typename Fill>
grpc::ServerUnaryReactor* ReadDocuments(grpc::CallbackServerContext* context, Gate& gate,
                                        StatusReader& desk, const Request* request,
                                        Response* response, Fill fill) {
  absl::StatusOr<Admission> call = gate.AdmitCaller(*context);
  if (!call.ok()) return Finish(context, call.status());
  const absl::Status size = CheckBatchSize("trading_ids", request->trading_ids_size());
  if (!size.ok()) return Finish(context, size);
  std::vector<int64_t> revisions;
  for (int i = 0; i < request->trading_ids_size(); ++i) {
    const absl::StatusOr<int64_t> revision = RevisionOf(*request, i);
    if (!revision.ok()) return Finish(context, revision.status());
    revisions.push_back(*revision);
  }
  const absl::Status counted =
      call->CountRequests(static_cast<size_t>(request->trading_ids_size()));
  if (!counted.ok()) return Finish(context, counted);
  const std::string subject = call->subject();
  KeepUntilDone(context, *std::move(call));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  for (int i = 0; i < request->trading_ids_size(); ++i) response->add_results();
  auto dones =
      Gather<std::string>(static_cast<size_t>(request->trading_ids_size()),
                          [reactor, response, fill = std::move(fill)](
                              std::vector<absl::StatusOr<std::string>> documents) mutable {
                            for (size_t i = 0; i < documents.size(); ++i) {
                              auto* result = response->mutable_results(static_cast<int>(i));
                              absl::StatusOr<Record> record = ParseStored<Record>(documents[i]);
                              if (record.ok()) {
                                fill(result, *std::move(record));
                              } else {
                                *result->mutable_error() = ToProto(record.status());
                              }
                            }
                            reactor->Finish(grpc::Status::OK);
                          });
  // When the last is answered the call is over, and request and context are gone.
  const Patience patience = PatienceOf(*context);
  const std::optional<absl::Time> receive_time = ReceiveTimeOf(*request);
  std::vector<absl::StatusOr<Uuid>> ids;
  for (int i = 0; i < request->trading_ids_size(); ++i) {
    ids.push_back(
        wire::ReadTradingId(absl::StrCat("trading_ids[", i, "]"), request->trading_ids(i)));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i].ok()) {
      desk.Read({*ids[i], subject, receive_time, revisions[i]}, patience, std::move(dones[i]));
    } else {
      dones[i](ids[i].status());
    }
  }
  return reactor;
}

}  // namespace tallystick::rpc
