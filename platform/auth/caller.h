// Who is calling.
#pragma once

#include <string>

namespace tallystick {

enum class Role { kBuyer, kOperator };

struct Caller {
  std::string subject;
  Role role = Role::kBuyer;
};

}  // namespace tallystick
