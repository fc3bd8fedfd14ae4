#include "services/shopping/domain/order_draft.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/pricing.h"
#include "platform/trade/text.h"

namespace tallystick::shopping {
namespace {

absl::Status CheckItems(const std::vector<GoodsQuantity>& items) {
  if (items.empty()) return InvalidField("items", "an order needs at least one item");
  if (items.size() > kMaxOrderLines) {
    return InvalidField("items", absl::StrCat("at most ", kMaxOrderLines, " items are taken, not ",
                                              items.size(), "; split the order"));
  }
  std::set<absl::string_view> seen;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string at = absl::StrCat("items[", i, "]");
    if (!IsSku(items[i].sku)) {
      return InvalidField(at + ".sku", "give 1 to 64 characters out of A-Z a-z 0-9 - _ .");
    }
    if (items[i].quantity < 1 || items[i].quantity > kMaxQuantity) {
      return InvalidField(at + ".quantity",
                          absl::StrCat("give 1 to ", kMaxQuantity, ", not ", items[i].quantity));
    }
    if (!seen.insert(items[i].sku).second) {
      return InvalidField(at + ".sku", absl::StrCat(items[i].sku,
                                                    " stands in the order twice; "
                                                    "give it once with the sum"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckAddress(const Address& address) {
  if (address.lines.empty()) {
    return InvalidField("ship_to.lines", "an order needs an address, the recipient first");
  }
  if (address.lines.size() > kMaxAddressLines) {
    return InvalidField("ship_to.lines",
                        absl::StrCat("at most ", kMaxAddressLines, " lines are taken"));
  }
  for (size_t i = 0; i < address.lines.size(); ++i) {
    const absl::Status status = CheckText(absl::StrCat("ship_to.lines[", i, "]"), address.lines[i],
                                          kMaxAddressLineBytes, true);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status TooLarge() {
  return InvalidField("items", "the order's total is too large; split the order");
}

}  // namespace

absl::Status CheckDraft(const OrderDraft& draft) {
  for (const absl::Status& status :
       {CheckItems(draft.items), CheckAddress(draft.ship_to),
        CheckText("delivery_option", draft.delivery_option, kMaxReferenceBytes, true),
        CheckText("payment_method", draft.payment_method, kMaxPaymentMethodBytes, true),
        CheckText("buyer_reference", draft.buyer_reference, kMaxReferenceBytes, false)}) {
    if (!status.ok()) return status;
  }
  if (!IsKnown(draft.terms)) {
    return InvalidField(
        "terms", absl::StrCat("give ", TermsToChooseFrom(), ", not ", ToString(draft.terms)));
  }
  if (draft.expected_total && !IsCurrencyCode(draft.expected_total->currency)) {
    return InvalidField("expected_total.currency_code", "give an ISO 4217 code like USD");
  }
  return absl::OkStatus();
}

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

  const Money actual{contents.currency, contents.total};
  if (draft.expected_total && *draft.expected_total != actual) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "TOTAL_CHANGED",
                     absl::StrCat("expected_total: the total is ", FormatMoney(actual), ", not ",
                                  FormatMoney(*draft.expected_total)),
                     {{"field", "expected_total"},
                      {"expected", FormatMoney(*draft.expected_total)},
                      {"actual", FormatMoney(actual)}});
  }
  for (size_t i = 0; i < draft.items.size(); ++i) {
    const GoodsQuantity& item = draft.items[i];
    const int64_t available = catalogue.products.at(item.sku).stock;
    if (available < item.quantity) {
      return MakeError(absl::StatusCode::kFailedPrecondition, "OUT_OF_STOCK",
                       absl::StrCat("of ", item.sku, " ", available, " are in stock, ",
                                    item.quantity, " were ordered"),
                       {{"sku", item.sku},
                        {"field", absl::StrCat("items[", i, "].quantity")},
                        {"requested", absl::StrCat(item.quantity)},
                        {"available", absl::StrCat(available)}});
    }
  }
  for (const GoodsQuantity& item : draft.items) {
    catalogue.products.at(item.sku).stock -= item.quantity;
  }
  return contents;
}

}  // namespace tallystick::shopping
