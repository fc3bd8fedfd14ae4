// The calls that read the status of one trade or of many: the same in all three services but for
// the messages.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "platform/batch/gather.h"
#include "platform/calls/ask.h"
#include "platform/history/status_desk.h"
#include "platform/process/log.h"
#include "platform/time/clock.h"
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

// A method that answers with the caller's document of the request's trade; `fill(Record,
// Response&)` takes what of it is told.
template <typename Record, typename Request, typename Response, typename Fill>
void AddRead(ServiceTable& table, std::string name, StatusReader& desk, Fill fill) {
  const auto handle = [&desk, fill](Call& call, const Request& request, Response& response,
                                    Done done) {
    const absl::StatusOr<Uuid> id = wire::ReadTradingId("trading_id", request.trading_id());
    if (!id.ok()) return done(id.status());
    const absl::StatusOr<int64_t> revision = RevisionOf(request, 0);
    if (!revision.ok()) return done(revision.status());
    desk.Read({*id, call.subject(), ReceiveTimeOf(request), *revision}, call.patience(),
              [&response, fill,
               done = std::move(done)](const absl::StatusOr<std::string>& document) mutable {
                absl::StatusOr<Record> record = ParseStored<Record>(document);
                const absl::Status status = record.status();
                if (status.ok()) fill(*std::move(record), response);
                done(status);
              });
  };
  table.Add<Request, Response>(std::move(name), ForCallers(), handle).has_room =
      [&desk](const Patience& patience) { return desk.HasRoom(patience); };
}

// The same for many: one result for each of the request's `trading_ids`; `fill(Record, result)`.
template <typename Record, typename Request, typename Response, typename Fill>
void AddReadAll(ServiceTable& table, std::string name, StatusReader& desk, Fill fill) {
  const auto handle = [&desk, fill](Call& call, const Request& request, Response& response,
                                    Done done) {
    const int size = request.trading_ids_size();
    absl::Status allowed = CheckBatchSize("trading_ids", size);
    std::vector<StatusQuery> queries;
    std::vector<absl::Status> wrong;
    for (int i = 0; allowed.ok() && i < size; ++i) {
      const absl::StatusOr<int64_t> revision = RevisionOf(request, i);
      if (!revision.ok()) return done(revision.status());
      const absl::StatusOr<Uuid> id =
          wire::ReadTradingId(absl::StrCat("trading_ids[", i, "]"), request.trading_ids(i));
      wrong.push_back(id.status());
      queries.push_back({id.value_or(Uuid{}), call.subject(), ReceiveTimeOf(request), *revision});
    }
    if (allowed.ok()) allowed = call.CountRequests(static_cast<size_t>(size));
    if (!allowed.ok()) return done(allowed);
    auto dones =
        Gather<std::string>(static_cast<size_t>(size),
                            [&call, &response, fill, done = std::move(done)](
                                const std::vector<absl::StatusOr<std::string>>& documents) mutable {
                              for (const absl::StatusOr<std::string>& document : documents) {
                                auto* result = response.add_results();
                                absl::StatusOr<Record> record = ParseStored<Record>(document);
                                call.CountItem(record.status());
                                if (record.ok()) {
                                  fill(*std::move(record), *result);
                                } else {
                                  *result->mutable_error() = ToProto(record.status());
                                }
                              }
                              done(absl::OkStatus());
                            });
    // When the last is answered the call is over, and request and call are gone.
    const Patience patience = call.patience();
    for (size_t i = 0; i < queries.size(); ++i) {
      if (wrong[i].ok()) {
        desk.Read(std::move(queries[i]), patience, std::move(dones[i]));
      } else {
        dones[i](wrong[i]);
      }
    }
  };
  Method& method = table.Add<Request, Response>(std::move(name), ForCallers(), handle);
  method.has_items = true;
  method.has_room = [&desk](const Patience& patience) { return desk.HasRoom(patience); };
  BoundAnswer<Response>(method);
}

}  // namespace tallystick::rpc
