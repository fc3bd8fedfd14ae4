#include "platform/trade/pricing.h"

namespace tallystick {
namespace {

std::optional<int64_t> Sum(std::optional<int64_t> a, std::optional<int64_t> b) {
  return a && b ? CheckedAdd(*a, *b) : std::nullopt;
}

}  // namespace

std::optional<ContentsLine> Priced(ContentsLine line) {
  const auto goods = CheckedMultiply(line.unit_price, line.quantity);
  const auto tax = goods ? ApplyRate(*goods, line.tax_rate_basis_points) : std::nullopt;
  if (!tax) return std::nullopt;
  line.goods_amount = *goods;
  line.tax_amount = *tax;
  return line;
}

Totals TotalsOf(const OrderContents& contents) {
  Totals totals{0, 0};
  for (const ContentsLine& line : contents.lines) {
    totals.goods = Sum(totals.goods, line.goods_amount);
    totals.tax = Sum(totals.tax, line.tax_amount);
  }
  totals.all = Sum(Sum(totals.goods, totals.tax), contents.delivery_fee);
  return totals;
}

}  // namespace tallystick
