// Asks a server whether it is alive.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tallystick::rpc {

// Asks the server at `address` over a new connection; OK when it serves. 0.0.0.0 and [::] are asked
// on loopback.
absl::Status CheckHealth(const std::string& address,
                         const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                         absl::Duration timeout);

}  // namespace tallystick::rpc
