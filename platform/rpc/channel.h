// Channels to other servers, with the limits and backoff that every caller here uses.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace tallystick::rpc {

inline constexpr int kMaxMessageBytes = 16 * 1024 * 1024;

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& target);

inline void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
}

}  // namespace tallystick::rpc
