#include "client-cli/trade/order.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace tallystick {

bool IsSameOrder(OrderRequest one, const OrderRequest& other) {
  one.expected_total = other.expected_total;
  return one == other;
}

std::string GoodsText(const std::vector<GoodsQuantity>& goods) {
  return absl::StrJoin(goods, ", ", [](std::string* out, const GoodsQuantity& line) {
    absl::StrAppend(out, line.quantity, " ", line.sku);
  });
}

}  // namespace tallystick
