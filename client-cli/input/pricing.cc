#include "client-cli/input/pricing.h"

#include "absl/strings/str_cat.h"
#include "platform/trade/pricing.h"

namespace tallystick {

const CatalogueProduct* FindProduct(const CataloguePages& catalogue, const std::string& sku) {
  for (const CatalogueProduct& product : catalogue.products) {
    if (product.sku == sku) return &product;
  }
  return nullptr;
}

absl::StatusOr<OrderContents> Quote(const OrderRequest& request, const CataloguePages& catalogue) {
  OrderContents contents;
  contents.ship_to = request.ship_to;
  contents.delivery_option = request.delivery_option;
  contents.terms = request.terms;
  for (const GoodsQuantity& item : request.items) {
    const CatalogueProduct* product = FindProduct(catalogue, item.sku);
    if (product == nullptr) {
      return absl::NotFoundError(absl::StrCat("the shop has no product ", item.sku));
    }
    if (contents.currency.empty()) contents.currency = product->unit_price.currency;
    if (product->unit_price.currency != contents.currency) {
      return absl::InvalidArgumentError("the products are priced in different currencies");
    }
    const std::optional<ContentsLine> line =
        Priced({item.sku, product->name, item.quantity, product->unit_price.minor,
                product->tax_rate_basis_points});
    if (!line) return absl::InvalidArgumentError("the order is too large");
    contents.lines.push_back(*line);
  }
  for (const CatalogueOption& option : catalogue.options) {
    if (option.code != request.delivery_option) continue;
    contents.delivery_fee = option.fee;
    const Totals totals = TotalsOf(contents);
    if (!totals.all) return absl::InvalidArgumentError("the order is too large");
    contents.goods_total = *totals.goods;
    contents.tax_total = *totals.tax;
    contents.total = *totals.all;
    return contents;
  }
  return absl::NotFoundError(
      absl::StrCat("the shop has no delivery option '", request.delivery_option, "'"));
}

absl::StatusOr<Money> EstimateTotal(const OrderRequest& request, const CataloguePages& catalogue) {
  const absl::StatusOr<OrderContents> quote = Quote(request, catalogue);
  if (!quote.ok()) return quote.status();
  return Money{quote->currency, quote->total};
}

}  // namespace tallystick
