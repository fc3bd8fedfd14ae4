// Between a handler on gRPC's threads and the batcher that does its work.
#pragma once

#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "platform/batch/batcher.h"
#include "platform/error/error.h"
#include "platform/rpc/gate.h"
#include "platform/rpc/status.h"

namespace tallystick::rpc {

// A call that comes without a deadline gets this one.
inline constexpr absl::Duration kDefaultDeadline = absl::Seconds(30);

// The most elements that a batch call may carry.
inline constexpr int kMaxBatchCall = 500;

// However long the caller would wait, the server gives up then.
inline constexpr absl::Duration kLongestDeadline = absl::Minutes(10);

// To be asked while the call begins: gRPC tells its deadline by the wall clock. Holds the context,
// which lives until the call is answered.
inline Patience PatienceOf(const grpc::CallbackServerContext& context) {
  absl::Duration left = kDefaultDeadline;
  if (context.deadline() != std::chrono::system_clock::time_point::max()) {
    left = std::min(absl::FromChrono(context.deadline()) - absl::Now(), kLongestDeadline);
  }
  return {SteadyAfter(left), [&context] { return context.IsCancelled(); }};
}

// Ends a call at once.
inline grpc::ServerUnaryReactor* Finish(grpc::CallbackServerContext* context,
                                        const absl::Status& status) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpc(status));
  return reactor;
}

// Hands one request to `batcher`; when the answer comes, `fill` writes it into the response (which
// gRPC keeps alive until then) and the call ends. Never blocks. `call` is kept until it is over.
template <typename Request, typename Answer, typename Fill>
grpc::ServerUnaryReactor* Hand(grpc::CallbackServerContext* context, Admission call,
                               Batcher<Request, Answer>& batcher, Request request, Fill fill) {
  KeepUntilDone(context, std::move(call));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  batcher.Submit(std::move(request), PatienceOf(*context),
                 [reactor, fill = std::move(fill)](absl::StatusOr<Answer> answer) mutable {
                   if (answer.ok()) fill(*std::move(answer));
                   reactor->Finish(ToGrpc(answer.status()));
                 });
  return reactor;
}

// The same for a call that carries many requests, some of which may have failed already. `fill`
// gets the index of each and its answer; the call itself succeeds, unless it carries more than its
// caller may have under way.
template <typename Request, typename Answer, typename Fill>
grpc::ServerUnaryReactor* HandAll(grpc::CallbackServerContext* context, Admission call,
                                  Batcher<Request, Answer>& batcher,
                                  std::vector<absl::StatusOr<Request>> requests, Fill fill) {
  const absl::Status counted = call.CountRequests(requests.size());
  if (!counted.ok()) return Finish(context, counted);
  KeepUntilDone(context, std::move(call));
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  std::vector<Request> good;
  std::vector<size_t> index;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (requests[i].ok()) {
      good.push_back(*std::move(requests[i]));
      index.push_back(i);
    } else {
      fill(i, absl::StatusOr<Answer>(requests[i].status()));
    }
  }
  if (good.empty()) {
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  batcher.SubmitAll(std::move(good), PatienceOf(*context),
                    [reactor, index = std::move(index),
                     fill = std::move(fill)](std::vector<absl::StatusOr<Answer>> answers) mutable {
                      for (size_t i = 0; i < answers.size(); ++i) {
                        fill(index[i], std::move(answers[i]));
                      }
                      reactor->Finish(grpc::Status::OK);
                    });
  return reactor;
}

// INVALID_ARGUMENT unless 1 <= count <= kMaxBatchCall.
inline absl::Status CheckBatchSize(absl::string_view field, int count) {
  if (count >= 1 && count <= kMaxBatchCall) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("give 1 to ", kMaxBatchCall, ", not ", count));
}

}  // namespace tallystick::rpc
