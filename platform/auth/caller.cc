#include "platform/auth/caller.h"

#include "absl/strings/string_view.h"

#include "absl/strings/strip.h"
#include "platform/error/error.h"

namespace tallystick {
namespace {

constexpr size_t kMaxSubjectBytes = 200;

}  // namespace

absl::StatusOr<Caller> AuthenticateCaller(const grpc::CallbackServerContext& context) {
  const auto found = context.client_metadata().find("authorization");
  absl::string_view token;
  if (found != context.client_metadata().end()) {
    token = absl::string_view(found->second.data(), found->second.size());
  }
  if (!absl::ConsumePrefix(&token, "Bearer ") || token.empty() || token.size() > kMaxSubjectBytes) {
    return MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING",
                     "send a token as metadata `authorization: Bearer TOKEN`");
  }
  Caller caller;
  if (absl::ConsumePrefix(&token, "operator:")) caller.role = Role::kOperator;
  caller.subject = std::string(token);
  return caller;
}

absl::StatusOr<Caller> AuthenticateOperator(const grpc::CallbackServerContext& context) {
  absl::StatusOr<Caller> caller = AuthenticateCaller(context);
  if (caller.ok() && caller->role != Role::kOperator) {
    return MakeError(absl::StatusCode::kPermissionDenied, "OPERATOR_ONLY",
                     "only the back office may do this");
  }
  return caller;
}

}  // namespace tallystick
