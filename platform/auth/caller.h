// Who is calling.
#pragma once

#include <grpcpp/grpcpp.h>

#include <string>

#include "absl/status/statusor.h"

namespace tallystick {

enum class Role { kBuyer, kOperator };

struct Caller {
  std::string subject;
  Role role = Role::kBuyer;
};

// From the call's `authorization: Bearer …` metadata. Until signed tokens are checked, servers
// listen on loopback only and a token says by itself who it is for: `alice` is the buyer alice,
// `operator:bob` the back office. UNAUTHENTICATED without one.
absl::StatusOr<Caller> AuthenticateCaller(const grpc::CallbackServerContext& context);

// AuthenticateCaller, and PERMISSION_DENIED unless the caller is back office.
absl::StatusOr<Caller> AuthenticateOperator(const grpc::CallbackServerContext& context);

}  // namespace tallystick
