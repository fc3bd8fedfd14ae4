// Who comes in: every handler begins by asking the gate, and keeps what it gets until the call is
// over.
#pragma once

#include <grpcpp/grpcpp.h>

#include <initializer_list>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "platform/auth/caller.h"
#include "platform/auth/token_verifier.h"
#include "platform/rpc/caller_limits.h"

namespace tallystick::rpc {

// A server's name in the internal port's certificates, as a URI in their alternative names:
// spiffe://tallystick/shopping.
std::string PeerUri(absl::string_view service);

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

// Thread-safe, never blocks.
class Gate {
 public:
  Gate(GateOptions options, std::unique_ptr<TokenVerifier> tokens)
      : options_(options), tokens_(std::move(tokens)), limits_(options.limits) {}

  // Whoever has a good token in the call's `authorization: Bearer TOKEN` metadata. UNAUTHENTICATED
  // (TOKEN_MISSING and what TokenVerifier says), RESOURCE_EXHAUSTED (what CallerLimits says).
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
