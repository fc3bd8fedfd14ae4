#include "platform/admission/gate.h"

#include <grpc/grpc_security_constants.h>
#include <grpc/support/time.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "platform/error/error.h"
#include "platform/transport/tls.h"

namespace tallystick::rpc {
namespace {

absl::Status PeerOnly(absl::string_view services) {
  return MakeError(absl::StatusCode::kPermissionDenied, "PEER_ONLY",
                   absl::StrCat("only this server may do this: ", services));
}

}  // namespace

Admission::~Admission() {
  if (limits_ == nullptr) return;
  if (kind_ == kCaller) {
    limits_->Leave(caller_.subject, requests_, answer_bytes_);
  } else {
    limits_->LeavePeer();
  }
}

absl::Status Admission::CountRequests(size_t requests) {
  if (kind_ != kCaller || requests <= requests_) return absl::OkStatus();
  const absl::Status grown = limits_->Grow(caller_.subject, requests - requests_);
  if (grown.ok()) requests_ = requests;
  return grown;
}

absl::Status Admission::CountAnswer(size_t bytes) {
  if (kind_ != kCaller) return absl::OkStatus();
  const absl::Status counted = limits_->CountAnswer(caller_.subject, answer_bytes_, bytes);
  if (counted.ok()) answer_bytes_ = bytes;
  return counted;
}

absl::Status Admission::CheckPeer(absl::string_view service) const {
  if (kind_ == kAnyPeer || (kind_ == kPeer && subject() == service)) return absl::OkStatus();
  return PeerOnly(service);
}

std::optional<absl::Duration> TimeLeft(const grpc::CallbackServerContext& context) {
  const gpr_timespec deadline = context.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0) return std::nullopt;
  const gpr_timespec left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  return absl::Seconds(left.tv_sec) + absl::Nanoseconds(left.tv_nsec);
}

absl::StatusOr<Admission> Gate::Admit(const grpc::CallbackServerContext& context,
                                      const Access& access) {
  if (access.kind == Access::kAnybody) return Admission();
  if (access.kind == Access::kPeer) return AdmitPeer(context, access.peers);
  absl::StatusOr<Admission> call = AdmitCaller(context);
  if (call.ok() && access.kind == Access::kOperator && call->caller().role != Role::kOperator) {
    return MakeError(absl::StatusCode::kPermissionDenied, "OPERATOR_ONLY",
                     "only the back office may do this");
  }
  return call;
}

absl::StatusOr<Admission> Gate::AdmitCaller(const grpc::CallbackServerContext& context) {
  // A server that has too much to do meets calls that have waited too long already; the less they
  // cost, the sooner it comes to those that have not.
  if (TimeLeft(context).value_or(absl::InfiniteDuration()) < absl::ZeroDuration() ||
      context.IsCancelled()) {
    return absl::DeadlineExceededError("the deadline passed before the call was looked at");
  }
  const auto [first, end] = context.client_metadata().equal_range("authorization");
  absl::string_view token;
  if (first != end) token = absl::string_view(first->second.data(), first->second.size());
  if (!absl::ConsumePrefix(&token, "Bearer ") || token.empty()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING",
                     "send a token as metadata `authorization: Bearer TOKEN`");
  }
  // Whoever looks at one of them must not be let in by another.
  if (std::next(first) != end) {
    return MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_TWICE",
                     "send one token, in one `authorization`");
  }
  absl::StatusOr<Caller> caller = tokens_->Verify(token);
  if (!caller.ok()) return caller.status();
  const absl::Status entered = limits_.Enter(caller->subject, absl::Now());
  if (!entered.ok()) return entered;
  return Admission(limits_, *std::move(caller), Admission::kCaller);
}

absl::StatusOr<Admission> Gate::AdmitPeer(const grpc::CallbackServerContext& context,
                                          const std::vector<std::string>& services) {
  if (options_.plaintext) {
    limits_.EnterPeer();
    return Admission(limits_, Caller{services.front()}, Admission::kAnyPeer);
  }
  const auto shown = context.auth_context()->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  for (const std::string& service : services) {
    const std::string uri = PeerUri(service);
    for (const grpc::string_ref& one : shown) {
      if (one != grpc::string_ref(uri)) continue;
      limits_.EnterPeer();
      return Admission(limits_, Caller{service}, Admission::kPeer);
    }
  }
  return PeerOnly(absl::StrJoin(services, " or "));
}

}  // namespace tallystick::rpc
