// How much one caller may take of a server, so that none can take it from the others.
#pragma once

#include <string>
#include <unordered_map>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "platform/lang/mutex.h"

namespace tallystick::rpc {

struct CallerLimitsOptions {
  // Each request of a batch call counts, and each element of a page.
  size_t max_live_calls = 20'000;  // of all callers together
  size_t max_live_calls_per_caller = 2'000;
  double max_calls_per_second = 5'000;  // of a caller; twice as many may come at once
  // Answers that have not left yet: of a caller, and of all.
  size_t max_unread_bytes_per_caller = size_t{16} << 20;
  size_t max_unread_bytes = size_t{128} << 20;
};

// Thread-safe, never blocks. Time comes in with the calls.
class CallerLimits {
 public:
  explicit CallerLimits(CallerLimitsOptions options) : options_(options) {}

  // A call of `caller` begins. RESOURCE_EXHAUSTED with reason SERVER_FULL, TOO_MANY_CALLS or
  // RATE_LIMITED, each {retry_after_ms}.
  absl::Status Enter(const std::string& caller, absl::Time now);
  // A call of another server is counted and never refused: these are few, and buyers must not hold
  // them up.
  void EnterPeer();
  // The call that has entered carries `more` requests than the one that was counted. SERVER_FULL or
  // TOO_MANY_CALLS, this without {retry_after_ms} when it can never fit. They count against the
  // calls a second as well, if need be those to come.
  absl::Status Grow(const std::string& caller, size_t more);
  // An answer of `bytes` is about to be sent, in place of one of `before`. RESOURCE_EXHAUSTED
  // (ANSWERS_UNREAD {retry_after_ms}) while others wait to be read; one alone is never too large.
  absl::Status CountAnswer(const std::string& caller, size_t before, size_t bytes);
  // The call ends; `requests` and `answer_bytes` were counted for it.
  void Leave(const std::string& caller, size_t requests, size_t answer_bytes);
  void LeavePeer();

  size_t live() const;
  size_t most_live() const;  // ever, but for peers
  size_t unread_bytes() const;

 private:
  struct Share {
    size_t live = 0;
    size_t unread_bytes = 0;
    double calls_left = 0;  // that may come now
    absl::Time counted;     // when that was so
  };
  absl::Status EnterServer(size_t requests) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Refill(Share& share, absl::Time now) const;
  void ForgetIdle(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  double Burst() const { return 2 * options_.max_calls_per_second; }

  const CallerLimitsOptions options_;
  mutable Mutex mutex_;
  std::unordered_map<std::string, Share> callers_ ABSL_GUARDED_BY(mutex_);
  size_t forget_at_ ABSL_GUARDED_BY(mutex_) = 1'000;  // callers known
  size_t live_ ABSL_GUARDED_BY(mutex_) = 0;           // but for peers
  size_t peers_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t most_live_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t unread_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tallystick::rpc
