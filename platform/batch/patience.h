// How long somebody waits for an answer, and who it is.
#pragma once

#include <functional>
#include <string>

#include "platform/time/steady.h"

namespace tallystick {

struct Patience {
  SteadyTime deadline = kNeverSteady;
  // Whether the caller has left before that; unset: never. Asked only until the answer was given.
  std::function<bool()> gone;
  // Those of one caller wait for each other, not for all: see FairQueue.
  std::string caller;

  bool Waits(SteadyTime now) const { return now < deadline && !(gone && gone()); }
};

}  // namespace tallystick
