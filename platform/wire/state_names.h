// The names of states, as metrics have them: ACCEPTED for ORDER_STATE_ACCEPTED.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>
#include <vector>

namespace tallystick::wire {

// By their numbers, of an enum whose numbers have no gaps.
std::vector<std::string> StateNames(const google::protobuf::EnumDescriptor& states);

}  // namespace tallystick::wire
