#include "platform/admission/caller_limits.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"

namespace tallystick::rpc {
namespace {

absl::Status Exhausted(absl::string_view reason, absl::string_view message,
                       const std::map<std::string, std::string>& values = {}) {
  return MakeError(absl::StatusCode::kResourceExhausted, reason, message, values);
}

// What is under way will have ended by then, unless clients go on faster than the server.
constexpr int kFullRetryMs = 500;

// A client that reads has read some of them by then.
constexpr int kUnreadRetryMs = 100;

// For one with `requests`; more than may ever be under way do not fit later either.
absl::Status TooManyCalls(size_t limit, size_t requests) {
  std::map<std::string, std::string> values;
  if (requests <= limit) values["retry_after_ms"] = absl::StrCat(kFullRetryMs);
  return Exhausted("TOO_MANY_CALLS",
                   absl::StrCat("with this call you have more than ", limit,
                                " requests under way, the most that a caller may have"),
                   values);
}

}  // namespace

absl::Status CallerLimits::EnterServer(size_t requests) {
  if (live_ + requests > options_.max_live_calls) {
    return Exhausted("SERVER_FULL", "the server is busy; try again after a moment",
                     {{"retry_after_ms", absl::StrCat(kFullRetryMs)}});
  }
  live_ += requests;
  most_live_ = std::max(most_live_, live_);
  return absl::OkStatus();
}

void CallerLimits::Refill(Share& share, absl::Time now) const {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - share.counted));
  share.calls_left = std::min(Burst(), share.calls_left + seconds * options_.max_calls_per_second);
  share.counted = now;
}

absl::Status CallerLimits::Enter(const std::string& caller, absl::Time now) {
  MutexLock lock(mutex_);
  if (callers_.size() >= forget_at_) ForgetIdle(now);
  Share& share = callers_.try_emplace(caller, Share{0, 0, Burst(), now}).first->second;
  if (share.live >= options_.max_live_calls_per_caller) {
    return TooManyCalls(options_.max_live_calls_per_caller, 1);
  }
  Refill(share, now);
  if (share.calls_left < 1) {
    const double wait_ms = std::ceil((1 - share.calls_left) / options_.max_calls_per_second * 1000);
    return Exhausted("RATE_LIMITED",
                     absl::StrCat("you make more than ", options_.max_calls_per_second,
                                  " requests a second; wait a moment"),
                     {{"retry_after_ms", absl::StrCat(static_cast<int64_t>(wait_ms))}});
  }
  const absl::Status entered = EnterServer(1);
  if (!entered.ok()) return entered;
  share.calls_left -= 1;
  share.live += 1;
  return absl::OkStatus();
}

void CallerLimits::EnterPeer() {
  MutexLock lock(mutex_);
  ++peers_;
}

absl::Status CallerLimits::Grow(const std::string& caller, size_t more) {
  MutexLock lock(mutex_);
  Share& share = callers_[caller];
  if (share.live + more > options_.max_live_calls_per_caller) {
    return TooManyCalls(options_.max_live_calls_per_caller, more + 1);
  }
  const absl::Status entered = EnterServer(more);
  if (!entered.ok()) return entered;
  share.live += more;
  share.calls_left -= static_cast<double>(more);
  return absl::OkStatus();
}

absl::Status CallerLimits::CountAnswer(const std::string& caller, size_t before, size_t bytes) {
  MutexLock lock(mutex_);
  Share& share = callers_[caller];
  const size_t of_caller = share.unread_bytes - before;
  const size_t of_all = unread_bytes_ - before;
  const bool fits_caller =
      of_caller == 0 || of_caller + bytes <= options_.max_unread_bytes_per_caller;
  const bool fits_all = of_caller == 0 || of_all + bytes <= options_.max_unread_bytes;
  if (!fits_caller || !fits_all) {
    return Exhausted("ANSWERS_UNREAD", "read the answers that were sent to you, then ask again",
                     {{"retry_after_ms", absl::StrCat(kUnreadRetryMs)}});
  }
  share.unread_bytes = of_caller + bytes;
  unread_bytes_ = of_all + bytes;
  return absl::OkStatus();
}

void CallerLimits::Leave(const std::string& caller, size_t requests, size_t answer_bytes) {
  MutexLock lock(mutex_);
  Share& share = callers_[caller];
  share.live -= requests;
  share.unread_bytes -= answer_bytes;
  live_ -= requests;
  unread_bytes_ -= answer_bytes;
}

void CallerLimits::LeavePeer() {
  MutexLock lock(mutex_);
  --peers_;
}

// Who has nothing under way and all calls left is like one who never came.
void CallerLimits::ForgetIdle(absl::Time now) {
  std::erase_if(callers_, [&](const auto& entry) {
    Share share = entry.second;
    Refill(share, now);
    return share.live == 0 && share.calls_left >= Burst();
  });
  forget_at_ = std::max<size_t>(1'000, 2 * callers_.size());
}

size_t CallerLimits::live() const {
  MutexLock lock(mutex_);
  return live_ + peers_;
}

size_t CallerLimits::unread_bytes() const {
  MutexLock lock(mutex_);
  return unread_bytes_;
}

size_t CallerLimits::most_live() const {
  MutexLock lock(mutex_);
  return most_live_;
}

}  // namespace tallystick::rpc
