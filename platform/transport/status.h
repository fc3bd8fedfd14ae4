// Errors on the wire: a canonical code, and the reason with its values as google.rpc.ErrorInfo in
// the standard details trailer, which clients in any language can read.
#pragma once

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace tallystick::rpc {

grpc::Status ToGrpc(const absl::Status& status);

// The reverse; the details, if they are ours, become the status' reason and values.
absl::Status FromGrpc(const grpc::Status& status);

// The same inside a batch's answer.
google::rpc::Status ToProto(const absl::Status& status);
absl::Status FromProto(const google::rpc::Status& status);

}  // namespace tallystick::rpc
