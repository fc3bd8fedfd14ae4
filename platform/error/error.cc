#include "platform/error/error.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace tallystick {
namespace {

constexpr absl::string_view kReasonUrl = "tallystick/reason";
constexpr absl::string_view kValuePrefix = "tallystick/value/";

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view reason, absl::string_view message,
                       const std::map<std::string, std::string>& values) {
  absl::Status status(code, message);
  status.SetPayload(kReasonUrl, absl::Cord(reason));
  for (const auto& [key, value] : values) {
    status.SetPayload(absl::StrCat(kValuePrefix, key), absl::Cord(value));
  }
  return status;
}

absl::Status InvalidField(absl::string_view field, absl::string_view message) {
  return MakeError(absl::StatusCode::kInvalidArgument, "INVALID_FIELD",
                   absl::StrCat(field, ": ", message), {{"field", std::string(field)}});
}

absl::Status TradeNotFound() {
  return MakeError(absl::StatusCode::kNotFound, "TRADE_NOT_FOUND",
                   "no trade of yours has this trading id");
}

ErrorDetail GetErrorDetail(const absl::Status& status) {
  ErrorDetail detail;
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    if (url == kReasonUrl) {
      detail.reason = std::string(payload);
    } else if (absl::ConsumePrefix(&url, kValuePrefix)) {
      detail.values[std::string(url)] = std::string(payload);
    }
  });
  return detail;
}

}  // namespace tallystick
