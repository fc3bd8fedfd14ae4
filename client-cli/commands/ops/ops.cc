// tally ops: the back office; its catalogue is here, the rest in work.cc.
#include <algorithm>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client-cli/commands/command.h"
#include "client-cli/input/arguments.h"
#include "client-cli/input/csv.h"
#include "client-cli/remote/back_office.h"
#include "platform/error/error.h"
#include "platform/time/clock.h"
#include "platform/trade/contents.h"

namespace tallystick {
namespace {

// Of one call of a run that needs several: the same whenever the run has the same id, so that no
// call takes effect twice. The first call has the id itself.
Uuid PartId(const Uuid& request_id, size_t part) {
  if (part == 0) return request_id;
  CanonicalWriter writer;
  writer.Text(request_id.AsBytes()).Number(static_cast<int64_t>(part));
  Uuid id = UuidFromBytes(absl::string_view(Sha256(writer.bytes())).substr(0, 16));
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | 0x80);  // version 8
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

// As one word of a shell's command.
std::string Quoted(const std::string& word) {
  return absl::StrCat("'", absl::StrReplaceAll(word, {{"'", "'\\''"}}), "'");
}

// The command that carries on with what broke off, but for its request id.
std::string Again(const Shop& shop, const std::string& command,
                  const std::vector<std::string>& words) {
  return Printable(
      absl::StrCat("tally --profile ", Quoted(shop.profile().name), " ops ", command, " ",
                   absl::StrJoin(words, " ", [](std::string* out, const std::string& word) {
                     absl::StrAppend(out, Quoted(word));
                   })));
}

// `again`: the command that carries on with what broke off.
int AdjustStock(Context& context, BackOffice& office, const std::vector<StockDelta>& deltas,
                const Uuid& request_id, const std::string& again) {
  for (size_t at = 0; at < deltas.size(); at += kMaxPerCall) {
    const auto part = std::span(deltas).subspan(at, std::min(kMaxPerCall, deltas.size() - at));
    const absl::Status status = office.AdjustStock(PartId(request_id, at / kMaxPerCall), part);
    if (status.ok()) continue;
    if (GetErrorDetail(status).reason == "REQUEST_ID_REUSED") {
      context.screen.Say(absl::StrCat(
          "under request id ", request_id.ToString(),
          " other changes were made than these, so that part of them may have been added already: "
          "the command goes on only with just what it began with (the file as it was then)"));
    } else if (at > 0 || IsUnreachable(status)) {
      context.screen.Say(absl::StrCat(
          "stock of ", at, " of ", deltas.size(), " products is adjusted, perhaps of more: ", again,
          " --request-id ", request_id.ToString(), " does the rest, and nothing twice"));
    }
    return Report(context, status);
  }
  if (context.screen.json()) {
    context.screen.PrintJson(
        Json{{"adjusted", deltas.size()}, {"request_id", request_id.ToString()}});
  } else {
    context.screen.Say(absl::StrCat("stock of ", deltas.size(), " products adjusted"));
  }
  return kAllWell;
}

int LoadProducts(Context& context, const std::string& path, const std::string& id_text) {
  const absl::StatusOr<Uuid> id = ParseRequestId(id_text, SystemNow());
  if (!id.ok()) {
    Report(context, id.status());
    return kUsage;
  }
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
  const std::string again = Again(*shop, "products --from", {path});
  if (!deltas.empty()) {
    // Said before: the run may be killed.
    context.screen.Say(absl::StrCat("stock is added under request id ", id->ToString(), ": ", again,
                                    " --request-id ", id->ToString(), " adds nothing twice"));
  }
  return AdjustStock(context, office, deltas, *id, again);
}

int AdjustNamed(Context& context, const std::vector<std::string>& texts,
                const std::string& id_text) {
  const absl::StatusOr<Uuid> id = ParseRequestId(id_text, SystemNow());
  if (!id.ok()) {
    Report(context, id.status());
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
  return AdjustStock(context, office, deltas, *id, Again(*shop, "stock", texts));
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
  auto id = std::make_shared<std::string>();
  const auto add_id = [&](CLI::App* command) {
    command->add_option("--request-id", *id,
                        "Of an earlier run of the same that broke off: nothing is added twice");
  };
  add_id(products);
  products->callback([=, &chosen] {
    chosen = [=](Context& context) { return LoadProducts(context, *path, *id); };
  });

  auto deltas = std::make_shared<std::vector<std::string>>();
  CLI::App* stock = ops->add_subcommand("stock", "Add to the stock, or take from it");
  stock->add_option("changes", *deltas, "SKU:+12 or SKU:-3 …")->required();
  add_id(stock);
  stock->callback([=, &chosen] {
    chosen = [=](Context& context) { return AdjustNamed(context, *deltas, *id); };
  });
  AddOpsStatusCommand(*ops, chosen);
  AddOpsChangesCommand(*ops, chosen);
  AddOpsWorkCommands(*ops, chosen);
}

}  // namespace tallystick
