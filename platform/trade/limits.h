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
inline constexpr size_t kMaxReturnLines =
    1'000;  // of all returns: each change of a trade is kept with all of them

}  // namespace tallystick
