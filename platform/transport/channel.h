// Channels to other servers, with the limits and backoff that every caller here uses.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tallystick::rpc {

// An answer that is larger is RESOURCE_EXHAUSTED.
inline constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

// `address` is host:port: see IsHostPort; another one is nowhere. `credentials`: see tls.h;
// grpc::InsecureChannelCredentials() for plaintext.
std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// How another server is called.
struct Peer {
  std::shared_ptr<grpc::Channel> channel;
  absl::Duration timeout;  // of a call
};

// To the server `service`, at `addresses`: a host:port whose name may stand for many, or numeric
// ones with commas between them. Calls go to all of its replicas in turn. A connection that says
// nothing for about 6 s is given up, and its calls with it.
std::shared_ptr<grpc::Channel> MakePeerChannel(
    const std::string& service, const std::string& addresses,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials);

// What a server must allow its peers for that: so often they may ask whether it is there.
inline constexpr absl::Duration kPeerPingInterval = absl::Seconds(4);

// Whether `address`, host:port, can only be this machine.
bool IsLoopback(const std::string& address);

inline void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

}  // namespace tallystick::rpc
