#pragma once

namespace tallystick {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace tallystick
