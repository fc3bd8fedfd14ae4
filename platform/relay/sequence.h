// The numbered sequence between two servers: each trade's messages in one direction carry 1, 2, 3 …
// so that each takes effect exactly once and in order, whatever is lost, repeated or reordered, and
// the receiver needs no table of what it has seen, only the last number.
#pragma once

#include <cstdint>

namespace tallystick {

enum class SequenceVerdict { kNext, kAlreadyApplied, kNotYet };

// `last_applied` is 0 before the first message.
inline SequenceVerdict CheckSequence(int64_t last_applied, int64_t number) {
  if (number <= last_applied) return SequenceVerdict::kAlreadyApplied;
  return number == last_applied + 1 ? SequenceVerdict::kNext : SequenceVerdict::kNotYet;
}

}  // namespace tallystick
