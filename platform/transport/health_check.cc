#include "platform/transport/health_check.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "platform/transport/channel.h"
#include "platform/transport/status.h"

namespace tallystick::rpc {

using grpc::health::v1::HealthCheckResponse;

absl::Status CheckHealth(const std::string& address,
                         const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                         absl::Duration timeout) {
  std::string target = address;
  if (absl::StartsWith(address, "0.0.0.0:")) target = absl::StrCat("127.0.0.1:", address.substr(8));
  if (absl::StartsWith(address, "[::]:")) target = absl::StrCat("[::1]:", address.substr(5));
  const auto stub = grpc::health::v1::Health::NewStub(MakeChannel(target, credentials));
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  context.set_wait_for_ready(false);
  HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, {}, &response);
  if (!status.ok()) return FromGrpc(status);
  if (response.status() != HealthCheckResponse::SERVING) {
    return absl::UnavailableError(HealthCheckResponse::ServingStatus_Name(response.status()));
  }
  return absl::OkStatus();
}

}  // namespace tallystick::rpc
