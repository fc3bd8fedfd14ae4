// How much one trade may hold: what the domains refuse beyond, and what a client therefore never
// has to look at.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tallystick {

inline constexpr size_t kMaxOrderLines = 200;
inline constexpr int64_t kMaxQuantity = 1'000'000;  // of one product
inline constexpr size_t kMaxShipments = 200;
inline constexpr size_t kMaxReturns = 100;

}  // namespace tallystick
