#include "platform/transport/channel.h"

#include <arpa/inet.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "platform/trade/text.h"

namespace tallystick::rpc {

namespace {

int Millis(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

// `connect_timeout`: of one attempt to connect, handshakes included.
grpc::ChannelArguments CommonArguments(absl::Duration connect_timeout) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // gRPC's name for it.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, Millis(connect_timeout));
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Two channels to one address are two connections.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return arguments;
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  // (".invalid" is no host's, ever.)
  const std::string target = IsHostPort(address) ? address : "not-host-and-port.invalid:1";
  return grpc::CreateCustomChannel(absl::StrCat("dns:///", target), credentials,
                                   CommonArguments(absl::Seconds(10)));
}

std::shared_ptr<grpc::Channel> MakePeerChannel(
    const std::string& service, const std::string& addresses,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments = CommonArguments(absl::Seconds(2));
  arguments.SetLoadBalancingPolicyName("round_robin");
  // A name is looked up again when a connection breaks.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 1000);
  arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, service);
  // Also while no call is under way: the next one would wait for the dead connection.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, Millis(kPeerPingInterval));
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 2000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  const std::string target =
      absl::StrContains(addresses, ',') ? absl::StrCat("ipv4:", addresses) : addresses;
  return grpc::CreateCustomChannel(target, credentials, arguments);
}

// A name that looks like a number, such as 127.1, may be anybody's: DNS is asked for it.
bool IsLoopback(const std::string& address) {
  const absl::string_view host = absl::string_view(address).substr(0, address.rfind(':'));
  if (host == "localhost" || host == "[::1]") return true;
  in_addr numeric{};
  return absl::StartsWith(host, "127.") &&
         inet_pton(AF_INET, std::string(host).c_str(), &numeric) == 1;
}

}  // namespace tallystick::rpc
