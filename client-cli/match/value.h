// What goods of an order are worth, as well as a buyer can tell: how a line's value divides among
// its pieces is the shop's rounding.
#pragma once

#include <vector>

#include "platform/trade/contents.h"
#include "platform/trade/status.h"

namespace tallystick {

struct ApproximateValue {
  int64_t value = 0;
  int64_t tolerance = 0;  // in minor units
};

// The goods may stem from as many as `shipments` shipments, each of which is rounded by itself.
ApproximateValue ValueOf(const OrderContents& contents, const std::vector<GoodsQuantity>& goods,
                         size_t shipments);

bool Within(const ApproximateValue& value, int64_t amount);

}  // namespace tallystick
