// A server that does nothing: the same ports, door, TLS and tokens as the others, and an answer to
// GetOrderStatus that is the question's trading id.
#pragma once

#include <string>

namespace tallystick::bench {

// Serves until it is killed. `keys` is a server's folder of them; `database` is asked for its
// health alone. The process' exit code.
int RunEcho(const std::string& public_address, const std::string& internal_address,
            const std::string& keys, const std::string& database);

}  // namespace tallystick::bench
