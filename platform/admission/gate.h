// Who comes in: every call is shown to the gate by its headers, before anything of its message is
// read, and keeps what it gets until it is over.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/admission/access.h"
#include "platform/admission/caller_limits.h"
#include "platform/auth/caller.h"
#include "platform/auth/token_verifier.h"

namespace tallystick::rpc {

struct GateOptions {
  CallerLimitsOptions limits;
  // Without TLS nobody shows a certificate: every peer is taken for each of those expected.
  bool plaintext = false;
};

// A call that was let in; its share of the limits is given back with it. Moves, does not copy.
class Admission {
 public:
  enum Kind { kStranger, kCaller, kPeer, kAnyPeer };

  // Of a stranger.
  Admission() = default;
  Admission(CallerLimits& limits, Caller caller, Kind kind)
      : limits_(&limits), caller_(std::move(caller)), kind_(kind) {}
  Admission(Admission&& other) noexcept
      : limits_(std::exchange(other.limits_, nullptr)),
        caller_(std::move(other.caller_)),
        kind_(other.kind_),
        requests_(other.requests_),
        answer_bytes_(other.answer_bytes_) {}
  Admission& operator=(Admission&&) = delete;
  ~Admission();

  const Caller& caller() const { return caller_; }
  const std::string& subject() const { return caller_.subject; }
  bool IsStranger() const { return kind_ == kStranger; }

  // The call carries `requests` of them, not one. RESOURCE_EXHAUSTED (TOO_MANY_CALLS).
  absl::Status CountRequests(size_t requests);

  // An answer of so many bytes is about to be sent, in place of the one before; it counts until the
  // next one or the end of the call. RESOURCE_EXHAUSTED (ANSWERS_UNREAD {retry_after_ms}).
  absl::Status CountAnswer(size_t bytes);

  // OK if the peer is this server; PERMISSION_DENIED (PEER_ONLY) otherwise.
  absl::Status CheckPeer(absl::string_view service) const;

 private:
  CallerLimits* limits_ = nullptr;
  Caller caller_;
  Kind kind_ = kStranger;
  size_t requests_ = 1;
  size_t answer_bytes_ = 0;
};

// How long the caller still waits; nullopt when it has not said. (The context's own deadline() is
// of the past when that is centuries away.)
std::optional<absl::Duration> TimeLeft(const grpc::CallbackServerContext& context);

// Thread-safe, never blocks.
class Gate {
 public:
  Gate(GateOptions options, std::unique_ptr<TokenVerifier> tokens)
      : options_(options), tokens_(std::move(tokens)), limits_(options.limits) {}

  // Lets the call in if `access` says so. A caller is who the token says, in the call's one
  // `authorization: Bearer TOKEN`; a peer is who its certificate says, and its name becomes the
  // caller's subject. UNAUTHENTICATED (TOKEN_MISSING, TOKEN_TWICE, and what TokenVerifier says),
  // PERMISSION_DENIED (OPERATOR_ONLY, PEER_ONLY), RESOURCE_EXHAUSTED (what CallerLimits says),
  // DEADLINE_EXCEEDED for a call that nobody waits for any more.
  absl::StatusOr<Admission> Admit(const grpc::CallbackServerContext& context, const Access& access);

  const CallerLimits& limits() const { return limits_; }
  const TokenVerifier& tokens() const { return *tokens_; }

 private:
  absl::StatusOr<Admission> AdmitCaller(const grpc::CallbackServerContext& context);
  absl::StatusOr<Admission> AdmitPeer(const grpc::CallbackServerContext& context,
                                      const std::vector<std::string>& services);

  const GateOptions options_;
  const std::unique_ptr<TokenVerifier> tokens_;
  CallerLimits limits_;
};

}  // namespace tallystick::rpc
