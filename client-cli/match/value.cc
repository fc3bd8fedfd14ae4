#include "client-cli/match/value.h"

#include <algorithm>

#include "platform/trade/rollup.h"

namespace tallystick {

ApproximateValue ValueOf(const OrderContents& contents, const std::vector<GoodsQuantity>& goods,
                         size_t shipments) {
  ApproximateValue sum;
  for (const GoodsQuantity& part : goods) {
    for (const ContentsLine& line : contents.lines) {
      if (line.sku != part.sku || line.quantity <= 0) continue;
      const int64_t pieces = std::clamp<int64_t>(part.quantity, 0, line.quantity);
      sum.value = SaturatedAdd(sum.value, ShareOf(line.GrossAmount(), pieces, line.quantity));
      // Rounded at its beginning and at its end.
      sum.tolerance +=
          2 * std::clamp<int64_t>(static_cast<int64_t>(shipments), 1, std::max<int64_t>(1, pieces));
    }
  }
  return sum;
}

bool Within(const ApproximateValue& value, int64_t amount) {
  return amount >= SaturatedSubtract(value.value, value.tolerance) &&
         amount <= SaturatedAdd(value.value, value.tolerance);
}

}  // namespace tallystick
