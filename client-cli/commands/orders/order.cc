// tally order: place an order, or the orders of a file.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/commands/orders/preview.h"
#include "client-cli/input/arguments.h"
#include "client-cli/input/csv.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

struct OrderOptions {
  std::vector<std::string> items;
  std::string file;
  std::string to;
  std::string terms = "PREPAID";
  std::string option = "standard";
  std::string payment_method = "pm_sandbox_ok";
  std::string reference;
  std::string expect_total;
  int batch = 100;
  Consent consent;
};

absl::StatusOr<OrderRequest> Defaults(const OrderOptions& options) {
  OrderRequest request;
  if (!options.to.empty()) {
    absl::StatusOr<Address> address = ParseAddress(options.to);
    if (!address.ok()) return address.status();
    request.ship_to = *std::move(address);
  }
  const std::optional<Terms> terms = ParseTerms(options.terms);
  if (!terms) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown terms '", options.terms, "': take ", TermsToChooseFrom()));
  }
  request.terms = *terms;
  // As the shop reads it.
  request.delivery_option = options.option.empty() ? "standard" : options.option;
  request.payment_method = options.payment_method;
  request.reference = options.reference;
  if (!options.expect_total.empty()) {
    absl::StatusOr<Money> total = ParseMoney(options.expect_total);
    if (!total.ok()) return total.status();
    request.expected_total = *std::move(total);
  }
  return request;
}

// What cannot be sent at all must not get into the ledger.
absl::Status CheckTexts(const OrderOptions& options) {
  for (const auto& [name, text] :
       {std::pair("--to", &options.to), std::pair("--option", &options.option),
        std::pair("--payment-method", &options.payment_method),
        std::pair("--reference", &options.reference)}) {
    if (!IsValidUtf8(*text)) {
      return absl::InvalidArgumentError(absl::StrCat(name, " is not valid UTF-8"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<OrderRequest>> ReadRequests(const OrderOptions& options) {
  const absl::Status texts = CheckTexts(options);
  if (!texts.ok()) return texts;
  absl::StatusOr<OrderRequest> request = Defaults(options);
  if (!request.ok()) return request.status();
  if (!options.file.empty()) {
    absl::StatusOr<std::string> text = ReadTextFile(options.file);
    if (!text.ok()) return text.status();
    auto orders = ParseOrderFile(*text, *request);
    if (!orders.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(options.file, ", ", orders.status().message()));
    }
    return orders;
  }
  absl::StatusOr<std::vector<GoodsQuantity>> items = ParseItems(options.items);
  if (!items.ok()) return items.status();
  request->items = *std::move(items);
  if (request->ship_to.lines.empty()) {
    return absl::InvalidArgumentError(
        "say where to: --to \"Ann Example; Street 1; 12345 City; Country\"");
  }
  return std::vector<OrderRequest>{*std::move(request)};
}

int Place(Context& context, const OrderOptions& options) {
  absl::StatusOr<std::vector<OrderRequest>> requests = ReadRequests(options);
  if (!requests.ok()) {
    Report(context, requests.status());
    return kUsage;
  }
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  int code = kAllWell;
  if (!MaySend(context, *shop, *requests, options.consent, &code)) return code;
  const absl::StatusOr<PlacingResult> result =
      PlaceAll(context, *shop, *std::move(requests), static_cast<size_t>(options.batch));
  if (!result.ok()) return Report(context, result.status());

  return ShowPlacing(context, *result, options.file.empty());
}

}  // namespace

void AddOrderCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<OrderOptions>();
  CLI::App* order = app.add_subcommand("order", "Place an order");
  CLI::Option* items = order->add_option("items", options->items, "SKU:QUANTITY …");
  order
      ->add_option("--from", options->file,
                   "Place the orders of a CSV file with the columns reference, sku, quantity and "
                   "address; - is standard input")
      ->excludes(items);
  order->add_option("--to", options->to, "Address: \"Recipient; Street 1; 12345 City; Country\"");
  order->add_option("--terms", options->terms, TermsToChooseFrom());
  order->add_option("--option", options->option, "Delivery option");
  AddPaymentMethod(*order, options->payment_method, "Token of a payment method");
  order->add_option("--reference", options->reference, "Your own name for the order");
  order->add_option("--expect-total", options->expect_total,
                    "Refuse the order unless its total is this, e.g. \"12.50 USD\"");
  AddConsent(*order, options->consent, "Ask nothing, and order even if a limit is exceeded");
  order->add_option("--batch", options->batch, "Orders sent in one call, with --from")
      ->check(CLI::Range(1, static_cast<int>(kMaxPerCall)))
      ->capture_default_str();
  order->callback([=, &chosen] {
    if (options->items.empty() && options->file.empty()) {
      throw CLI::ValidationError("give SKU:QUANTITY … or --from FILE");
    }
    chosen = [=](Context& context) { return Place(context, *options); };
  });
}

}  // namespace tallystick
