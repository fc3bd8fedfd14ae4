#include "client-cli/commands/orders/preview.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/order_text.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

// Orders of a file that are shown one by one.
constexpr size_t kMostShown = 20;

// An order and what it would come to.
struct Previewed {
  OrderRequest* request;
  bool known;  // the ledger has it under its reference: it is not ordered again
  absl::StatusOr<OrderContents> quote;
};

std::vector<Previewed> PreviewAll(Context& context, const std::string& profile,
                                  const CataloguePages& catalogue,
                                  std::vector<OrderRequest>& requests, absl::Time now) {
  std::vector<Previewed> all;
  for (OrderRequest& request : requests) {
    const bool known = !request.reference.empty() &&
                       context.ledger.FindByReference(profile, request.reference).has_value();
    all.push_back({&request, known, QuoteAt(request, catalogue, now)});
  }
  return all;
}

void SayNotInStock(const Context& context, const OrderContents& quote,
                   const CataloguePages& catalogue) {
  for (const ContentsLine& line : quote.lines) {
    const CatalogueProduct* product = FindProduct(catalogue, line.sku);
    if (product == nullptr || product->stock >= line.quantity) continue;
    context.screen.Say(absl::StrCat("! the shop has ", product->stock, " of the ", line.quantity,
                                    " ", Printable(line.sku)));
  }
}

void ShowOne(const Context& context, const std::string& profile, const Previewed& order,
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

void ShowMany(const Context& context, const std::vector<Previewed>& orders) {
  Table table({{"REFERENCE", false, true}, {"GOODS", false, true}, {"TOTAL", true}});
  std::map<std::string, int64_t> totals;
  size_t fresh = 0;
  for (const Previewed& order : orders) {
    if (order.known) continue;
    ++fresh;
    table.Add({order.request->reference, GoodsText(order.request->items),
               order.quote.ok() ? FormatMoney({order.quote->currency, order.quote->total})
                                : std::string(order.quote.status().message())});
    if (!order.quote.ok()) continue;
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
  if (orders.size() > fresh) absl::StrAppend(&line, "; ", orders.size() - fresh, " known before");
  context.screen.Print(line + "\n");
}

Json PreviewJson(const std::vector<Previewed>& orders, const std::vector<Warning>& exceeded,
                 const CataloguePages& catalogue) {
  Json json{{"dry_run", true}, {"orders", Json::array()}, {"warnings", Json::array()}};
  for (const Previewed& order : orders) {
    Json entry{{"reference", order.request->reference},
               {"known", order.known},
               {"error", order.quote.ok() ? "" : std::string(order.quote.status().message())}};
    if (order.quote.ok()) {
      entry.update(QuoteJson(*order.quote, catalogue));
      entry["promised_delivery_time"] = TimeText(order.quote->promised_delivery_time);
    }
    json["orders"].push_back(std::move(entry));
  }
  for (const Warning& warning : exceeded) json["warnings"].push_back(ToJson(warning));
  return json;
}

// The worst of what the orders would end with.
int CodeOf(const std::vector<Previewed>& orders, const std::vector<Warning>& exceeded) {
  int code = exceeded.empty() ? kAllWell : kWarned;
  for (const Previewed& order : orders) {
    if (!order.known && !order.quote.ok()) code = Worse(code, CodeFor(order.quote.status()));
  }
  return code;
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
  const absl::Time now = SystemNow();
  std::vector<Previewed> orders = PreviewAll(context, profile, *catalogue, requests, now);
  const std::vector<Warning> exceeded = ExceededWith(context, profile, requests, *catalogue);
  if (context.screen.json()) {
    context.screen.PrintJson(PreviewJson(orders, exceeded, *catalogue));
    *code = CodeOf(orders, exceeded);
    return false;
  }
  const bool all_known = std::ranges::all_of(orders, &Previewed::known);
  // "Run the command again" tells what became of them.
  if (all_known && !consent.dry_run) return true;
  if (orders.size() == 1 && !orders[0].quote.ok()) {
    *code = Report(context, orders[0].quote.status());
    context.screen.Say("nothing was ordered");
    return false;
  }
  if (orders.size() == 1) {
    ShowOne(context, profile, orders[0], now);
    SayNotInStock(context, *orders[0].quote, *catalogue);
  } else {
    ShowMany(context, orders);
  }
  SayExceeded(context, exceeded);
  if (all_known) context.screen.Say("the ledger has this already: it is not ordered again");
  if (!Agreed(context, consent, orders.size() == 1 ? "Send this order?" : "Send these orders?",
              "nothing was ordered", code)) {
    if (consent.dry_run) *code = CodeOf(orders, exceeded);
    return false;
  }
  for (const Previewed& order : orders) {
    if (order.known || !order.quote.ok() || order.request->expected_total) continue;
    order.request->expected_total = Money{order.quote->currency, order.quote->total};
  }
  return true;
}

}  // namespace tallystick
