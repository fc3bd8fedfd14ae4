#include "client-cli/input/pricing.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/draft.h"
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
      return MakeError(absl::StatusCode::kNotFound, "UNKNOWN_SKU",
                       absl::StrCat("the shop has no product ", item.sku), {{"sku", item.sku}});
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

absl::Status Foresee(const OrderRequest& request, const absl::StatusOr<OrderContents>& quote,
                     CataloguePages& catalogue) {
  const absl::Status valid =
      CheckDraft({request.items, request.ship_to, request.delivery_option, request.terms,
                  request.payment_method, request.expected_total, request.reference});
  if (!valid.ok()) return valid;
  if (!quote.ok()) return quote.status();
  const absl::Status expected = CheckTotal(request.expected_total, {quote->currency, quote->total});
  if (!expected.ok()) return expected;
  std::vector<int64_t*> stocks;
  for (const GoodsQuantity& item : request.items) {
    const auto product = std::ranges::find(catalogue.products, item.sku, &CatalogueProduct::sku);
    stocks.push_back(&product->stock);  // or there were no quote
    const absl::Status in_stock = CheckStock(item, stocks.size() - 1, product->stock);
    if (!in_stock.ok()) return in_stock;
  }
  for (size_t i = 0; i < stocks.size(); ++i) *stocks[i] -= request.items[i].quantity;
  return absl::OkStatus();
}

}  // namespace tallystick
