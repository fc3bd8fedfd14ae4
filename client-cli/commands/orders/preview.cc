#include "client-cli/commands/orders/preview.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/commands/orders/foresight.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/order_text.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// Orders of a file that are shown one by one.
constexpr size_t kMostShown = 20;

bool IsKnown(const Foreseen& order) { return order.known && order.refusal.ok(); }

void ShowOne(const Context& context, const std::string& profile, const Foreseen& order,
             absl::Time now) {
  const OrderContents& quote = *order.quote;
  context.screen.Print(OrderText(context, quote, quote.total, now));
  const auto row = [&](const char* name, const std::string& value) {
    context.screen.Print(absl::StrCat(name, Printable(value), "\n"));
  };
  row("To          ", absl::StrJoin(quote.ship_to.lines, "; "));
  row("Shop        ", profile);
  if (!quote.buyer_reference.empty()) row("Reference   ", quote.buyer_reference);
}

void ShowMany(const Context& context, const std::vector<Foreseen>& orders) {
  Table table({{"REFERENCE", false, true},
               {"GOODS", false, true},
               {"TOTAL", true},
               {"WOULD BE REFUSED", false, true}});
  std::map<std::string, int64_t> totals;
  size_t fresh = 0;
  size_t refused = 0;
  for (const Foreseen& order : orders) {
    if (IsKnown(order)) continue;
    ++fresh;
    table.Add({order.request->reference, GoodsText(order.request->items),
               order.quote.ok() ? FormatMoney({order.quote->currency, order.quote->total}) : "",
               std::string(order.refusal.message())});
    if (!order.refusal.ok()) {
      ++refused;
      continue;
    }
    int64_t& sum = totals[order.quote->currency];
    sum = CheckedAdd(sum, order.quote->total).value_or(sum);
  }
  const size_t cut = table.KeepFirst(kMostShown);
  context.screen.Print(table);
  if (cut > 0) context.screen.Print(absl::StrCat("and ", cut, " more\n"));
  std::string line = absl::StrCat("\n", fresh, fresh == 1 ? " order" : " orders");
  for (const auto& [currency, total] : totals) {
    absl::StrAppend(&line, ", ",
                    context.screen.Paint(FormatMoney({currency, total}), Color::kStrong));
  }
  if (refused > 0) absl::StrAppend(&line, "; ", refused, " of them would be refused");
  if (orders.size() > fresh) absl::StrAppend(&line, "; ", orders.size() - fresh, " known before");
  context.screen.Print(line + "\n");
}

Json PreviewJson(const std::vector<Foreseen>& orders, const std::vector<Warning>& exceeded,
                 const CataloguePages& catalogue) {
  Json json{{"dry_run", true}, {"orders", Json::array()}, {"warnings", Json::array()}};
  for (const Foreseen& order : orders) {
    Json entry = ToJson(order);
    if (order.quote.ok()) {
      entry.update(QuoteJson(*order.quote, catalogue));
      entry["promised_delivery_time"] = TimeText(order.quote->promised_delivery_time);
    }
    json["orders"].push_back(std::move(entry));
  }
  for (const Warning& warning : exceeded) json["warnings"].push_back(ToJson(warning));
  json["undecided"] = UndecidedJson();
  return json;
}

void Show(const Context& context, const std::string& profile, const std::vector<Foreseen>& orders,
          const CataloguePages& catalogue) {
  if (orders.size() > 1) return ShowMany(context, orders);
  if (orders[0].quote.ok()) ShowOne(context, profile, orders[0], SystemNow());
  SayForeseen(context, orders[0], catalogue);
}

}  // namespace

bool MaySend(Context& context, Shop& shop, std::vector<OrderRequest>& requests,
             const Consent& consent, int* code) {
  if (!consent.dry_run && !AsksFor(context, consent)) {
    return MayOrder(context, shop, requests, consent.yes, code);
  }
  const absl::StatusOr<CataloguePages> catalogue = shop.ListProducts();
  if (!catalogue.ok()) {
    *code = Report(context, catalogue.status());
    if (!consent.dry_run) context.screen.Say("nothing was ordered");
    return false;
  }
  const std::string& profile = shop.profile().name;
  const std::vector<Foreseen> orders = ForeseeAll(context, profile, *catalogue, requests);
  const std::vector<Warning> exceeded = ExceededWith(context, profile, requests, *catalogue);
  if (context.screen.json()) {
    context.screen.PrintJson(PreviewJson(orders, exceeded, *catalogue));
    *code = CodeOf(orders, exceeded);
    return false;
  }
  // "Run the command again" tells what became of them.
  const bool all_known =
      std::ranges::all_of(orders, [](const Foreseen& order) { return order.known.has_value(); });
  if (all_known && !consent.dry_run) return true;
  Show(context, profile, orders, *catalogue);
  SayExceeded(context, exceeded);
  if (consent.dry_run) SayUndecided(context, profile);
  // What cannot be priced cannot be asked about.
  if (!consent.dry_run && orders.size() == 1 && !orders[0].quote.ok()) {
    context.screen.Say("nothing was ordered");
    *code = kFailed;
    return false;
  }
  if (!Agreed(context, consent, orders.size() == 1 ? "Send this order?" : "Send these orders?",
              "nothing was ordered", code)) {
    if (consent.dry_run) *code = CodeOf(orders, exceeded);
    return false;
  }
  for (const Foreseen& order : orders) {
    if (order.known || !order.quote.ok() || order.request->expected_total) continue;
    order.request->expected_total = Money{order.quote->currency, order.quote->total};
  }
  return true;
}

}  // namespace tallystick
