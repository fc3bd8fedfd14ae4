// tally products: what the shop sells.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client-cli/commands/command.h"

namespace tallystick {
namespace {

std::string PercentText(int32_t basis_points) {
  return absl::StrFormat("%d.%02d %%", basis_points / 100, basis_points % 100);
}

int Products(Context& context) {
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  const absl::StatusOr<CataloguePages> pages = shop->ListProducts();
  if (!pages.ok()) return Report(context, pages.status());
  if (context.screen.json()) {
    context.screen.PrintJson(ToJson(*pages));
    return kAllWell;
  }
  Table table({{"SKU"},
               {"NAME", false, true},
               {"CATEGORY", false, true},
               {"PRICE", true},
               {"TAX", true},
               {"STOCK", true}});
  std::string currency;
  for (const CatalogueProduct& product : pages->products) {
    currency = product.unit_price.currency;
    table.Add({product.sku, product.name, product.category, FormatMoney(product.unit_price),
               PercentText(product.tax_rate_basis_points), absl::StrCat(product.stock)});
  }
  context.screen.Print(table);
  Table options({{"DELIVERY"}, {"NAME", false, true}, {"FEE", true}});
  for (const CatalogueOption& option : pages->options) {
    options.Add({option.code, option.name, FormatMoney({currency, option.fee})});
  }
  context.screen.Print("\n");
  context.screen.Print(options);
  return kAllWell;
}

}  // namespace

void AddProductsCommand(CLI::App& app, Action& chosen) {
  app.add_subcommand("products", "What the shop sells")->callback([&chosen] { chosen = Products; });
}

}  // namespace tallystick
