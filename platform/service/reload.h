// What SIGHUP does to a server that runs.
#pragma once

#include <string>

#include "platform/process/settings.h"

namespace tallystick::rpc {

// Reads the file of settings anew, takes over what can be changed in a server that runs, and says
// in one line what that was and what waits for the next start. `level`: the log's at the start.
void Reload(const Settings& settings, const std::string& level);

}  // namespace tallystick::rpc
