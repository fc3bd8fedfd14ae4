// Due messages in one request to a peer, and what its answers mean for the work. How the request
// gets there is another matter: see message_sender.h.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/ids/trace.h"
#include "platform/relay/batch_in_hand.h"
#include "tallystick/v1/trade.pb.h"

namespace tallystick::rpc {

inline WorkVerdict VerdictOf(const v1::ApplyResult& result) {
  switch (result.outcome()) {
    case v1::APPLY_OUTCOME_APPLIED: return {WorkVerdict::kDone};
    case v1::APPLY_OUTCOME_ALREADY_APPLIED:
      return {WorkVerdict::kDone, {}, "it was applied before"};
    case v1::APPLY_OUTCOME_REFUSED: return {WorkVerdict::kRefused, {}, result.reason()};
    case v1::APPLY_OUTCOME_NOT_YET:
      return {WorkVerdict::kStuck, {}, "an earlier message of the trade has not arrived"};
    case v1::APPLY_OUTCOME_FAILED: return {WorkVerdict::kStuck, {}, result.reason()};
    default: return {WorkVerdict::kRetry, {}, result.reason()};
  }
}

// `Request` has one repeated field of messages, which `add` appends to.
template <typename Request, typename Message>
class MessageBatch {
 public:
  // Fills `request`. A payload that cannot be parsed is left out, and parked.
  MessageBatch(std::span<const WorkItem> items, const std::function<Message*(Request&)>& add,
               Request& request)
      : verdicts_(items.size(),
                  WorkVerdict{WorkVerdict::kParked, {}, "the message cannot be read"}) {
    for (size_t i = 0; i < items.size(); ++i) {
      Message* message = add(request);
      if (message->ParseFromString(items[i].payload)) {
        if (sent_.empty()) traceparent_ = message->traceparent();
        if (TraceIdOf(message->traceparent()) != TraceIdOf(traceparent_)) traceparent_.clear();
        sent_.push_back(i);
      } else {
        request.GetReflection()->RemoveLast(&request, Request::descriptor()->field(0));
      }
    }
  }

  // Nothing is to be sent.
  bool empty() const { return sent_.empty(); }
  // Of the trace that all messages belong to; empty if there is none.
  const std::string& traceparent() const { return traceparent_; }
  // What is known without the peer.
  std::vector<WorkVerdict> Verdicts() && { return std::move(verdicts_); }

  // With the peer's answer.
  template <typename Response>
  absl::StatusOr<std::vector<WorkVerdict>> Verdicts(const Response& response) && {
    if (response.results_size() != static_cast<int>(sent_.size())) {
      return absl::InternalError("the peer answered another number of results than was sent");
    }
    for (size_t i = 0; i < sent_.size(); ++i) {
      verdicts_[sent_[i]] = VerdictOf(response.results(static_cast<int>(i)));
    }
    return std::move(verdicts_);
  }

 private:
  std::vector<WorkVerdict> verdicts_;
  std::string traceparent_;
  std::vector<size_t> sent_;  // the places of those that are in the request
};

}  // namespace tallystick::rpc
