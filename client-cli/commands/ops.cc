// tally ops: the back office; its catalogue is here, the rest in ops_work.cc.
#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/input/arguments.h"
#include "client-cli/input/csv.h"
#include "client-cli/remote/back_office.h"
#include "platform/runtime/clock.h"

namespace tallystick {
namespace {

// `request_id` is that of the first call; repeated, what took effect does not do so again.
int AdjustStock(Context& context, BackOffice& office, const std::vector<StockDelta>& deltas,
                const Uuid& request_id) {
  for (size_t at = 0; at < deltas.size(); at += kMaxPerCall) {
    const auto part = std::span(deltas).subspan(at, std::min(kMaxPerCall, deltas.size() - at));
    const absl::Status status =
        office.AdjustStock(at == 0 ? request_id : NewUuidV7(SystemNow()), part);
    if (IsUnreachable(status) && deltas.size() <= kMaxPerCall) {
      context.screen.Say(absl::StrCat("it may have been done: tally ops stock … --request-id ",
                                      request_id.ToString(), " does it once in any case"));
    }
    if (!status.ok()) return Report(context, status);
  }
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"adjusted", deltas.size()}});
  } else {
    context.screen.Say(absl::StrCat("stock of ", deltas.size(), " products adjusted"));
  }
  return kAllWell;
}

int LoadProducts(Context& context, const std::string& path) {
  absl::StatusOr<std::string> text = ReadTextFile(path);
  if (!text.ok()) return Report(context, text.status());
  const absl::StatusOr<std::vector<CatalogueProduct>> products = ParseProductFile(*text);
  if (!products.ok()) {
    Report(context,
           absl::InvalidArgumentError(absl::StrCat(path, ", ", products.status().message())));
    return kUsage;
  }
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  BackOffice office(*shop);
  for (size_t at = 0; at < products->size(); at += kMaxPerCall) {
    const auto part =
        std::span(*products).subspan(at, std::min(kMaxPerCall, products->size() - at));
    const absl::Status status = office.UpsertProducts(part);
    if (!status.ok()) return Report(context, status);
  }
  context.screen.Say(absl::StrCat(products->size(), " products loaded"));
  std::vector<StockDelta> deltas;
  for (const CatalogueProduct& product : *products) {
    if (product.stock != 0) deltas.push_back({product.sku, product.stock});
  }
  return AdjustStock(context, office, deltas, NewUuidV7(SystemNow()));
}

int AdjustNamed(Context& context, const std::vector<std::string>& texts,
                const std::string& request_id) {
  const std::optional<Uuid> id =
      request_id.empty() ? NewUuidV7(SystemNow()) : ParseUuid(request_id);
  if (!id) {
    Report(context, absl::InvalidArgumentError("--request-id is no UUID"));
    return kUsage;
  }
  std::vector<StockDelta> deltas;
  for (const std::string& text : texts) {
    absl::StatusOr<StockDelta> delta = ParseStockDelta(text);
    if (!delta.ok()) {
      Report(context, delta.status());
      return kUsage;
    }
    deltas.push_back(*std::move(delta));
  }
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  BackOffice office(*shop);
  return AdjustStock(context, office, deltas, *id);
}

}  // namespace

void AddOpsCommands(CLI::App& app, Action& chosen) {
  CLI::App* ops = app.add_subcommand("ops", "The back office; needs an operator's token");
  ops->require_subcommand(1);

  auto path = std::make_shared<std::string>();
  CLI::App* products = ops->add_subcommand("products", "Add or change products");
  products
      ->add_option("--from", *path,
                   "CSV file with the columns sku, name, unit_price and, if you like, category, "
                   "currency, tax_percent and stock (to add)")
      ->required();
  products->callback(
      [=, &chosen] { chosen = [=](Context& context) { return LoadProducts(context, *path); }; });

  auto deltas = std::make_shared<std::vector<std::string>>();
  CLI::App* stock = ops->add_subcommand("stock", "Add to the stock, or take from it");
  stock->add_option("changes", *deltas, "SKU:+12 or SKU:-3 …")->required();
  auto id = std::make_shared<std::string>();
  stock->add_option("--request-id", *id, "Of an earlier run whose answer was lost");
  stock->callback([=, &chosen] {
    chosen = [=](Context& context) { return AdjustNamed(context, *deltas, *id); };
  });
  AddOpsWorkCommands(*ops, chosen);
}

}  // namespace tallystick
