// A target whose inputs are scripts; script_target.cc has what libFuzzer calls.
#pragma once

#include <google/protobuf/message.h>

#include <vector>

#include "tests/fuzz/script.h"

namespace tallystick::fuzz {

class ScriptTarget {
 public:
  virtual ~ScriptTarget() = default;
  // An empty message of each kind, by number; at most 64.
  virtual std::vector<const google::protobuf::Message*> Kinds() const = 0;
  // Gets each step's message, parsed; leaves nothing behind that the next script could meet.
  virtual void Run(const Script& script) = 0;
  // Besides a filled message of each kind.
  virtual std::vector<Script> Seeds() { return {}; }
};

// To be defined by each target; called once, with random numbers that are the same in each process.
ScriptTarget* MakeTarget();

// The message of a step, or null when its bytes are none.
std::unique_ptr<google::protobuf::Message> ReadMessage(const google::protobuf::Message& kind,
                                                       const Step& step);

inline size_t KindOf(const Step& step, size_t kinds) { return (step.kind & 63u) % kinds; }

}  // namespace tallystick::fuzz
