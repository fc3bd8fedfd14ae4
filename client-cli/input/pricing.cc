#include "client-cli/input/pricing.h"

#include "absl/strings/str_cat.h"

namespace tallystick {

const CatalogueProduct* FindProduct(const CataloguePages& catalogue, const std::string& sku) {
  for (const CatalogueProduct& product : catalogue.products) {
    if (product.sku == sku) return &product;
  }
  return nullptr;
}

absl::StatusOr<Money> EstimateTotal(const OrderRequest& request, const CataloguePages& catalogue) {
  Money total;
  const auto add = [&total](std::optional<int64_t> amount) {
    const auto sum = amount ? CheckedAdd(total.minor, *amount) : std::nullopt;
    if (sum) total.minor = *sum;
    return sum.has_value();
  };
  for (const GoodsQuantity& item : request.items) {
    const CatalogueProduct* product = FindProduct(catalogue, item.sku);
    if (product == nullptr) {
      return absl::NotFoundError(absl::StrCat("the shop has no product ", item.sku));
    }
    if (total.currency.empty()) total.currency = product->unit_price.currency;
    if (product->unit_price.currency != total.currency) {
      return absl::InvalidArgumentError("the products are priced in different currencies");
    }
    const auto goods = CheckedMultiply(product->unit_price.minor, item.quantity);
    const auto tax = goods ? ApplyRate(*goods, product->tax_rate_basis_points) : std::nullopt;
    if (!add(goods) || !add(tax)) return absl::InvalidArgumentError("the order is too large");
  }
  for (const CatalogueOption& option : catalogue.options) {
    if (option.code != request.delivery_option) continue;
    if (!add(option.fee)) return absl::InvalidArgumentError("the order is too large");
    return total;
  }
  return absl::NotFoundError(
      absl::StrCat("the shop has no delivery option '", request.delivery_option, "'"));
}

}  // namespace tallystick
