// One call under way, as its handler sees it.
#pragma once

#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/admission/gate.h"
#include "platform/batch/patience.h"
#include "platform/calls/item_outcomes.h"

namespace tallystick::rpc {

// A call that comes without a deadline gets this one.
inline constexpr absl::Duration kDefaultDeadline = absl::Seconds(30);

// However long the caller would wait, the server gives up then.
inline constexpr absl::Duration kLongestDeadline = absl::Minutes(10);

// Who calls, how long the answer is waited for, and to which trace it belongs. Lives until the call
// is over, and so longer than anything that its handler has begun before it gave an answer.
class Call {
 public:
  Call(Admission admission, Patience patience, std::string traceparent = "")
      : admission_(std::move(admission)),
        patience_(std::move(patience)),
        traceparent_(std::move(traceparent)) {
    patience_.caller = admission_.subject();
  }

  const Admission& admission() const { return admission_; }
  const std::string& subject() const { return admission_.subject(); }
  const Patience& patience() const { return patience_; }
  // For whatever it causes; see platform/ids/trace.h.
  const std::string& traceparent() const { return traceparent_; }

  // What became of one of the requests of a call that answers many one by one; before the call is
  // answered, and by one thread.
  void CountItem(const absl::Status& status) { items_.Count(status); }
  const ItemOutcomes& items() const { return items_; }

  // See Admission.
  absl::Status CountRequests(size_t requests) { return admission_.CountRequests(requests); }
  absl::Status CountAnswer(size_t bytes) { return admission_.CountAnswer(bytes); }

 private:
  Admission admission_;
  Patience patience_;
  const std::string traceparent_;
  ItemOutcomes items_;
};

// Ends a call, once: with its response if the status is OK. From any thread.
using Done = absl::AnyInvocable<void(const absl::Status&)>;

}  // namespace tallystick::rpc
