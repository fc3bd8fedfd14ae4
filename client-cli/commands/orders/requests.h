// Requests to cancel and to return: written down, sent, and sent again when the answer was lost.
#pragma once

#include "client-cli/commands/command.h"

namespace tallystick {

struct ResentRequests {
  int done = 0;
  int refused = 0;      // for good: it is too late, or not possible
  int pending = 0;      // still without an answer
  int code = kAllWell;  // the worst of those
};

// Sends again what has had no answer, and says what was refused. A refusal is an answer, and no
// failure.
ResentRequests ResendRequests(Context& context);

}  // namespace tallystick
