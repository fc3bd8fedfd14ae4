#include "platform/rpc/gate.h"

#include <grpc/grpc_security_constants.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "platform/error/error.h"

namespace tallystick::rpc {
namespace {

absl::Status PeerOnly(absl::string_view services) {
  return MakeError(absl::StatusCode::kPermissionDenied, "PEER_ONLY",
                   absl::StrCat("only this server may do this: ", services));
}

}  // namespace

Admission::~Admission() {
  if (limits_ == nullptr) return;
  if (peer_) {
    limits_->LeavePeer();
  } else {
    limits_->Leave(caller_.subject, requests_);
  }
}

absl::Status Admission::CountRequests(size_t requests) {
  if (peer_ || requests <= requests_) return absl::OkStatus();
  const absl::Status grown = limits_->Grow(caller_.subject, requests - requests_);
  if (grown.ok()) requests_ = requests;
  return grown;
}

std::unique_ptr<grpc::ContextAllocator> CallContexts() {
  class Allocator final : public grpc::ContextAllocator {
   public:
    grpc::CallbackServerContext* NewCallbackServerContext() override { return new CallContext; }
    void Release(grpc::CallbackServerContext* context) override { delete context; }
    // Of calls to methods that do not exist: without these, gRPC works on a null pointer.
    grpc::GenericCallbackServerContext* NewGenericCallbackServerContext() override {
      return new grpc::GenericCallbackServerContext;
    }
    void Release(grpc::GenericCallbackServerContext* context) override { delete context; }
  };
  return std::make_unique<Allocator>();
}

void KeepUntilDone(grpc::CallbackServerContext* context, Admission call) {
  if (auto* own = dynamic_cast<CallContext*>(context)) own->Keep(std::move(call));
}

absl::StatusOr<Admission> Gate::AdmitCaller(const grpc::CallbackServerContext& context) {
  // A server that has too much to do meets calls that have waited too long already; the less they
  // cost, the sooner it comes to those that have not.
  if (context.deadline() < std::chrono::system_clock::now() || context.IsCancelled()) {
    return absl::DeadlineExceededError("the deadline passed before the call was looked at");
  }
  const auto found = context.client_metadata().find("authorization");
  absl::string_view token;
  if (found != context.client_metadata().end()) {
    token = absl::string_view(found->second.data(), found->second.size());
  }
  if (!absl::ConsumePrefix(&token, "Bearer ") || token.empty()) {
    return MakeError(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING",
                     "send a token as metadata `authorization: Bearer TOKEN`");
  }
  absl::StatusOr<Caller> caller = tokens_->Verify(token);
  if (!caller.ok()) return caller.status();
  const absl::Status entered = limits_.Enter(caller->subject, absl::Now());
  if (!entered.ok()) return entered;
  return Admission(limits_, *std::move(caller), false);
}

absl::StatusOr<Admission> Gate::AdmitOperator(const grpc::CallbackServerContext& context) {
  absl::StatusOr<Admission> call = AdmitCaller(context);
  if (call.ok() && call->caller().role != Role::kOperator) {
    return MakeError(absl::StatusCode::kPermissionDenied, "OPERATOR_ONLY",
                     "only the back office may do this");
  }
  return call;
}

absl::StatusOr<Admission> Gate::AdmitPeer(const grpc::CallbackServerContext& context,
                                          std::initializer_list<absl::string_view> services) {
  const auto shown =
      options_.plaintext
          ? std::vector<grpc::string_ref>()
          : context.auth_context()->FindPropertyValues(GRPC_PEER_SPIFFE_ID_PROPERTY_NAME);
  for (const absl::string_view service : services) {
    bool is_it = options_.plaintext;
    const std::string uri = PeerUri(service);
    for (const grpc::string_ref& one : shown) is_it |= one == grpc::string_ref(uri);
    if (!is_it) continue;
    limits_.EnterPeer();
    return Admission(limits_, Caller{std::string(service)}, true);
  }
  return PeerOnly(absl::StrJoin(services, " or "));
}

absl::Status Gate::CheckPeer(const Admission& peer, absl::string_view service) const {
  if (options_.plaintext || peer.subject() == service) return absl::OkStatus();
  return PeerOnly(service);
}

}  // namespace tallystick::rpc
