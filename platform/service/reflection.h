// gRPC's standard reflection, for operators: which services a port has, and what their messages
// are. (gRPC's own plugin would let anybody in, and does not know what comes through the door.)
#pragma once

#include <vector>

#include "platform/calls/method.h"

namespace tallystick::rpc {

// Tells of `services` and of itself, and of no file that they do not need.
ServiceTable ReflectionCalls(const std::vector<ServiceTable>& services);

}  // namespace tallystick::rpc
