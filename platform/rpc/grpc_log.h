// gRPC's own log, which goes to stderr in a form of its own, and which anybody can fill by shaking
// hands badly.
#pragma once

namespace tallystick::rpc {

// From now on it goes to ours, at level debug.
void RouteGrpcLog();

}  // namespace tallystick::rpc
