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
// Of all returns: each change of a trade is kept with all of them.
inline constexpr size_t kMaxReturnLines = 1'000;
// Of a text that says why, or names a carrier or a parcel.
inline constexpr size_t kMaxReasonBytes = 200;

}  // namespace tallystick
