// Who comes in: every handler begins by asking the gate, and keeps what it gets until the call is
// over.
#pragma once

#include <grpcpp/grpcpp.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "platform/auth/caller.h"
#include "platform/auth/token_verifier.h"
#include "platform/rpc/caller_limits.h"
#include "platform/rpc/tls.h"

namespace tallystick::rpc {

struct GateOptions {
  CallerLimitsOptions limits;
  // Without TLS nobody shows a certificate: every peer is taken for the one that is expected.
  bool plaintext = false;
};

// A call that was let in; its share of the limits is given back with it. Moves, does not copy.
class Admission {
 public:
  Admission(CallerLimits& limits, Caller caller, bool peer)
      : limits_(&limits), caller_(std::move(caller)), peer_(peer) {}
  Admission(Admission&& other) noexcept
      : limits_(std::exchange(other.limits_, nullptr)),
        caller_(std::move(other.caller_)),
        peer_(other.peer_),
        requests_(other.requests_) {}
  Admission& operator=(Admission&&) = delete;
  ~Admission();

  const Caller& caller() const { return caller_; }
  const std::string& subject() const { return caller_.subject; }

  // The call carries `requests` of them, not one. RESOURCE_EXHAUSTED (TOO_MANY_CALLS).
  absl::Status CountRequests(size_t requests);

 private:
  CallerLimits* limits_;
  Caller caller_;
  bool peer_;
  size_t requests_ = 1;
};

// The context of a call in these servers: it lives until the answer has left, or the call was
// canceled, and with it what is kept in it.
class CallContext final : public grpc::CallbackServerContext {
 public:
  void Keep(Admission call) { call_.emplace(std::move(call)); }

 private:
  std::optional<Admission> call_;
};

// For ServerBuilder's SetContextAllocator.
std::unique_ptr<grpc::ContextAllocator> CallContexts();

// Keeps `call` until gRPC is done with it: an answer that its reader does not take counts. (In a
// context that is not a server's, but a test's, nothing is kept.)
void KeepUntilDone(grpc::CallbackServerContext* context, Admission call);

// Thread-safe, never blocks.
class Gate {
 public:
  Gate(GateOptions options, std::unique_ptr<TokenVerifier> tokens)
      : options_(options), tokens_(std::move(tokens)), limits_(options.limits) {}

  // Whoever has a good token in the call's `authorization: Bearer TOKEN` metadata. UNAUTHENTICATED
  // (TOKEN_MISSING and what TokenVerifier says), RESOURCE_EXHAUSTED (what CallerLimits says).
  // DEADLINE_EXCEEDED for a call that nobody waits for any more.
  absl::StatusOr<Admission> AdmitCaller(const grpc::CallbackServerContext& context);

  // The same, and PERMISSION_DENIED (OPERATOR_ONLY) unless the caller is back office.
  absl::StatusOr<Admission> AdmitOperator(const grpc::CallbackServerContext& context);

  // One of the servers named, by the certificate of its connection; its name becomes the caller's
  // subject. PERMISSION_DENIED (PEER_ONLY).
  absl::StatusOr<Admission> AdmitPeer(const grpc::CallbackServerContext& context,
                                      std::initializer_list<absl::string_view> services);

  // PERMISSION_DENIED (PEER_ONLY) unless the peer that was let in is this one.
  absl::Status CheckPeer(const Admission& peer, absl::string_view service) const;

  const CallerLimits& limits() const { return limits_; }
  const TokenVerifier& tokens() const { return *tokens_; }

 private:
  const GateOptions options_;
  const std::unique_ptr<TokenVerifier> tokens_;
  CallerLimits limits_;
};

}  // namespace tallystick::rpc
