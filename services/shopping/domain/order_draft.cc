#include "services/shopping/domain/order_draft.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/pricing.h"

namespace tallystick::shopping {
namespace {

absl::Status TooLarge() {
  return InvalidField("items", "the order's total is too large; split the order");
}

}  // namespace

std::string Fingerprint(const OrderDraft& draft) {
  CanonicalWriter writer;
  writer.Text("tallystick.order.v1").Number(static_cast<int64_t>(draft.items.size()));
  for (const GoodsQuantity& item : draft.items) writer.Text(item.sku).Number(item.quantity);
  writer.Number(static_cast<int64_t>(draft.ship_to.lines.size()));
  for (const std::string& line : draft.ship_to.lines) writer.Text(line);
  writer.Text(draft.delivery_option)
      .Number(static_cast<int64_t>(draft.terms))
      .Text(draft.payment_method)
      .Text(draft.buyer_reference);
  if (draft.expected_total) {
    writer.Text(draft.expected_total->currency).Number(draft.expected_total->minor);
  }
  return Sha256(writer.bytes());
}

absl::StatusOr<OrderContents> PriceAndTake(const OrderDraft& draft, const Uuid& trading_id,
                                           Catalogue& catalogue, absl::Time now) {
  OrderContents contents;
  contents.trading_id = trading_id;
  contents.buyer_reference = draft.buyer_reference;
  contents.ship_to = draft.ship_to;
  contents.terms = draft.terms;
  contents.order_time = now;

  for (size_t i = 0; i < draft.items.size(); ++i) {
    const GoodsQuantity& item = draft.items[i];
    const auto found = catalogue.products.find(item.sku);
    if (found == catalogue.products.end()) {
      return MakeError(
          absl::StatusCode::kInvalidArgument, "UNKNOWN_SKU",
          absl::StrCat("the shop has no product ", item.sku, "; ListProducts gives those it has"),
          {{"sku", item.sku}, {"field", absl::StrCat("items[", i, "].sku")}});
    }
    const Product& product = found->second;
    if (contents.currency.empty()) contents.currency = product.currency;
    if (product.currency != contents.currency) {
      return InvalidField(
          absl::StrCat("items[", i, "].sku"),
          absl::StrCat(item.sku, " is priced in ", product.currency, ", the order in ",
                       contents.currency, "; order each currency on its own"));
    }
    const std::optional<ContentsLine> line = Priced(
        {item.sku, product.name, item.quantity, product.unit_price, product.tax_rate_basis_points});
    if (!line) return TooLarge();
    contents.lines.push_back(*line);
  }

  const auto option = catalogue.options.find(draft.delivery_option);
  if (option == catalogue.options.end()) {
    return InvalidField("delivery_option",
                        absl::StrCat("the shop has no option '", draft.delivery_option,
                                     "'; ListProducts gives those it has"));
  }
  contents.delivery_option = option->first;
  contents.delivery_fee = option->second.fee;
  contents.promised_delivery_time = now + option->second.lead_time;
  const Totals totals = TotalsOf(contents);
  if (!totals.all) return TooLarge();
  contents.goods_total = *totals.goods;
  contents.tax_total = *totals.tax;
  contents.total = *totals.all;

  const absl::Status expected =
      CheckTotal(draft.expected_total, {contents.currency, contents.total});
  if (!expected.ok()) return expected;
  for (size_t i = 0; i < draft.items.size(); ++i) {
    const GoodsQuantity& item = draft.items[i];
    const absl::Status in_stock = CheckStock(item, i, catalogue.products.at(item.sku).stock);
    if (!in_stock.ok()) return in_stock;
  }
  for (const GoodsQuantity& item : draft.items) {
    catalogue.products.at(item.sku).stock -= item.quantity;
  }
  return contents;
}

}  // namespace tallystick::shopping
