#include "client-cli/remote/errors.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "platform/error/error.h"

namespace tallystick {
namespace {

// gRPC's own words, in all its languages.
constexpr char kTooLarge[] = "Received message larger than max (";

}  // namespace

bool IsUnreachable(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kCancelled: return true;
    default: return false;
  }
}

bool IsRefusal(const absl::Status& status) {
  return !status.ok() && !IsUnreachable(status) && !GetErrorDetail(status).reason.empty();
}

bool IsFinal(const absl::Status& status) { return IsRefusal(status) && !IsNotAllowed(status); }

bool IsNotAllowed(const absl::Status& status) {
  return absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status);
}

bool IsUndelivered(const absl::Status& status) {
  const std::string reason = GetErrorDetail(status).reason;
  return (absl::IsUnavailable(status) && reason == kNotConnected) ||
         (absl::IsUnauthenticated(status) && !reason.empty());
}

std::optional<absl::Duration> RetryAfter(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return std::nullopt;
  const ErrorDetail detail = GetErrorDetail(status);
  const auto found = detail.values.find("retry_after_ms");
  int64_t millis = 0;
  if (found == detail.values.end() || !absl::SimpleAtoi(found->second, &millis)) {
    return std::nullopt;
  }
  return absl::Milliseconds(std::max<int64_t>(0, millis));
}

bool IsAnswerFull(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && GetErrorDetail(status).reason == "ANSWER_FULL";
}

bool IsTooLarge(const absl::Status& status) {
  return absl::IsResourceExhausted(status) && GetErrorDetail(status).reason.empty() &&
         absl::StrContains(status.message(), kTooLarge);
}

bool IsRequestTooLarge(const absl::Status& status, size_t bytes) {
  if (absl::IsResourceExhausted(status) && GetErrorDetail(status).reason == "MESSAGE_TOO_LARGE") {
    return true;
  }
  return IsTooLarge(status) &&
         absl::StrContains(status.message(), absl::StrCat(kTooLarge, bytes, " "));
}

}  // namespace tallystick
