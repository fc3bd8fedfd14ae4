// The orders of the benchmarks: made up, the same in every run.
#pragma once

#include <string>
#include <vector>

#include "tallystick/v1/shopping.pb.h"

namespace tallystick::bench {

inline constexpr int kProducts = 77;
std::string SkuOf(int product);

// Order `number`, under a new request id: one to four lines, two and a half on the average.
v1::PlaceOrderRequest OrderOf(int number);
std::vector<v1::PlaceOrderRequest> Orders(int count);

}  // namespace tallystick::bench
