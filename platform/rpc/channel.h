// Channels to other servers, with the limits and backoff that every caller here uses.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tallystick::rpc {

// An answer that is larger is RESOURCE_EXHAUSTED.
inline constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

// `credentials`: see tls.h; grpc::InsecureChannelCredentials() for plaintext.
std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// Whether `address`, host:port, can only be this machine.
bool IsLoopback(const std::string& address);

inline void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

}  // namespace tallystick::rpc
