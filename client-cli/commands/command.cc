#include "client-cli/commands/command.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"

namespace tallystick {

absl::StatusOr<Shop> Context::OpenShop(const std::string& profile) {
  absl::StatusOr<Profile> found = ledger.FindProfile(profile);
  if (!found.ok()) return found.status();
  return Shop(*std::move(found), absl::Milliseconds(options.timeout_ms));
}

MatchSettings Context::match_settings() const {
  return {absl::Milliseconds(options.clock_skew_ms), absl::Milliseconds(options.report_delay_ms),
          absl::Milliseconds(options.unknown_grace_ms)};
}

int Report(const Context& context, const absl::Status& status) {
  if (status.ok()) return kAllWell;
  const ErrorDetail detail = GetErrorDetail(status);
  if (context.screen.json()) {
    Json error{{"code", absl::StatusCodeToString(status.code())},
               {"reason", detail.reason},
               {"message", std::string(status.message())},
               {"values", detail.values}};
    context.screen.PrintJson(Json{{"error", error}});
  }
  context.screen.Say(absl::StrCat("tally: ", Printable(status.message())));
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated: return kNotAllowed;
    default: return IsUnreachable(status) ? kUnreachable : kFailed;
  }
}

}  // namespace tallystick
