// A request that cannot be read. gRPC 1.51 answers it UNIMPLEMENTED without a word; this makes it
// INVALID_ARGUMENT, reason MALFORMED_MESSAGE, naming the text field that is not UTF-8.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace tallystick::rpc {

// For ServerBuilder's experimental().SetInterceptorCreators. `services` are the full names of those
// that the server offers: of others, every method is rightly unimplemented. The first call also
// routes Protobuf's own log to ours.
std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
MalformedRequestInterceptors(std::set<std::string> services);

}  // namespace tallystick::rpc
