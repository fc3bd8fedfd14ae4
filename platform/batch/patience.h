// How long somebody waits for an answer.
#pragma once

#include <functional>

#include "platform/runtime/steady.h"

namespace tallystick {

struct Patience {
  SteadyTime deadline = kNeverSteady;
  // Whether the caller has left before that; unset: never. Asked only until the answer was given.
  std::function<bool()> gone;

  bool Waits(SteadyTime now) const { return now < deadline && !(gone && gone()); }
};

}  // namespace tallystick
