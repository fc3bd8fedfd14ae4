#include "client-cli/commands/orders/order_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {

std::string PayWords(Terms terms, const TermsPeriods& periods, absl::Time arrival, absl::Time now) {
  const TermsRule& rule = RuleOf(terms);
  if (rule.event == TermsRule::Event::kDispatch) return "as the goods leave";
  if (!IsPlanned(terms)) return "as the goods arrive";
  const absl::Duration period = PeriodOf(periods, terms);
  const int64_t days = period / absl::Hours(24);
  return absl::StrCat(
      DayWords(arrival + period, now), ", ",
      days > 0 ? absl::StrCat(days, days == 1 ? " day" : " days") : absl::FormatDuration(period),
      " after the goods arrive");
}

std::string OrderText(const Context& context, const OrderContents& contents, int64_t owed,
                      absl::Time now) {
  const auto money = [&](int64_t minor) { return FormatMoney({contents.currency, minor}); };
  const auto strong = [&](const std::string& text) {
    return context.screen.Paint(text, Color::kStrong);
  };
  Table table({{"SKU"},
               {"NAME", false, true},
               {"QUANTITY", true},
               {"PRICE", true},
               {"AMOUNT", true},
               {"TAX", true}});
  for (const ContentsLine& line : contents.lines) {
    table.Add({line.sku, line.name, absl::StrCat(line.quantity), money(line.unit_price),
               money(line.goods_amount), money(line.tax_amount)});
  }
  const absl::Time promised = contents.promised_delivery_time;
  std::string text = absl::StrCat(
      table.Render(context.screen.width()), "\nDelivery    ", money(contents.delivery_fee), " (",
      Printable(contents.delivery_option), "), by ", DayWords(promised, now), " (",
      LocalTime(promised), ")\nTotal       ", strong(money(contents.total)), "\nYou owe     ",
      strong(money(std::max<int64_t>(0, owed))));
  if (owed > 0) {
    absl::StrAppend(&text, ", ",
                    PayWords(contents.terms, context.options.check.periods, promised, now), " (",
                    ToString(contents.terms), ")");
  }
  return absl::StrCat(text, "\n");
}

absl::StatusOr<OrderContents> QuoteAt(const OrderRequest& request, const CataloguePages& catalogue,
                                      absl::Time now) {
  absl::StatusOr<OrderContents> quote = Quote(request, catalogue);
  if (!quote.ok()) return quote;
  quote->buyer_reference = request.reference;
  quote->order_time = now;
  for (const CatalogueOption& option : catalogue.options) {
    if (option.code != request.delivery_option) continue;
    quote->promised_delivery_time = now + absl::Hours(option.lead_time_hours);
  }
  return quote;
}

Json QuoteJson(const OrderContents& quote, const CataloguePages& catalogue) {
  const Json contents = ToJson(quote);
  Json json;
  for (const char* part :
       {"lines", "delivery_option", "terms", "goods_total", "delivery_fee", "tax_total", "total"}) {
    json[part] = contents.at(part);
  }
  json["not_in_stock"] = Json::array();
  for (const ContentsLine& line : quote.lines) {
    const CatalogueProduct* product = FindProduct(catalogue, line.sku);
    if (product != nullptr && product->stock < line.quantity) {
      json["not_in_stock"].push_back(line.sku);
    }
  }
  return json;
}

}  // namespace tallystick
