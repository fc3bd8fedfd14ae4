// gRPC's own log, which goes to stderr in a form of its own, and which anybody can fill by shaking
// hands badly.
#pragma once

namespace tallystick::rpc {

// From now on it goes to ours: errors as warnings, one a second at most with the number of those
// left out, the rest at level debug.
void RouteGrpcLog();

}  // namespace tallystick::rpc
