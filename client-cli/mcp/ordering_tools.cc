// order, cancel, return: what spends money or changes a trade. An order keeps every rule that one
// by hand has, and limits that no --yes is above.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/commands/requests/requests.h"
#include "client-cli/input/pricing.h"
#include "client-cli/mcp/schema.h"
#include "client-cli/mcp/tools.h"

namespace tallystick::mcp {
namespace {

absl::StatusOr<OrderRequest> ReadOrder(const Json& arguments, const std::string& payment_method) {
  absl::StatusOr<OrderRequest> request = ReadGoods(arguments);
  if (!request.ok()) return request;
  for (const std::string line : arguments.at("ship_to")) {
    const absl::string_view words = absl::StripAsciiWhitespace(line);
    if (!words.empty()) request->ship_to.lines.emplace_back(words);
  }
  if (request->ship_to.lines.empty()) {
    return absl::InvalidArgumentError("ship_to must not be empty: give the lines of the address");
  }
  request->reference = arguments.at("reference");
  if (request->reference.empty()) {
    return absl::InvalidArgumentError("reference must not be empty: make up a name for the order");
  }
  request->payment_method = payment_method;
  return request;
}

// The total that a new order will have, so that the shop refuses it at any other: limits hold
// against that. `expected`: what the program was quoted.
absl::StatusOr<Money> TotalOf(Context& context, Shop& shop, const OrderRequest& request,
                              const std::optional<Money>& expected) {
  const absl::StatusOr<CataloguePages> catalogue = shop.ListProducts();
  if (!catalogue.ok()) return catalogue.status();
  absl::StatusOr<Money> total = EstimateTotal(request, *catalogue);
  if (!total.ok()) return total;
  if (expected && *expected != *total) {
    return absl::FailedPreconditionError(
        absl::StrCat("the total is ", FormatMoney(*total), " now, and not ", FormatMoney(*expected),
                     ". Nothing was ordered: ask for a quote again"));
  }
  const std::vector<Warning> exceeded =
      ExceededWith(context, shop.profile().name, {request}, *catalogue);
  if (exceeded.empty()) return total;
  const Warning& warning = exceeded.front();
  return absl::FailedPreconditionError(absl::StrCat(
      "with this order, ", warning.sentence, ": ", warning.evidence.at("unsettled"), " of ",
      warning.evidence.at("limit"), ". Nothing was ordered: ask whoever you buy for"));
}

int PlaceOne(Context& context, const SpendingLimits& limits, OrderRequest request,
             const std::optional<Money>& expected) {
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  // What the ledger has under this reference counts already, and is what it is.
  const std::optional<LedgerTrade> known =
      context.ledger.FindByReference(shop->profile().name, request.reference);
  if (known) {
    request.expected_total = known->request.expected_total;
  } else {
    absl::StatusOr<Money> total = TotalOf(context, *shop, request, expected);
    if (!total.ok()) return Report(context, total.status());
    request.expected_total = *std::move(total);
  }
  // In the transaction that writes the order down: two programs at the same moment are not both
  // within the limit of the day.
  const MayWrite may_write = [&](const LedgerTrade& trade) {
    const std::optional<Money>& total = trade.request.expected_total;
    if (total) return CheckSpending(limits, *total, context.ledger, trade.create_time);
    // It was known, by hand, and the shop has just refused it.
    return absl::FailedPreconditionError(
        "the order that had this reference was refused just now. Nothing was ordered: call again");
  };
  const absl::StatusOr<PlacingResult> result =
      PlaceAll(context, *shop, {std::move(request)}, 1, may_write);
  if (!result.ok()) return Report(context, result.status());
  if (result->not_sent > 0) return Report(context, result->failure);
  return ShowPlacing(context, *result, true);
}

std::optional<Money> ExpectedTotal(const Json& arguments) {
  const auto expected = arguments.find("expected_total");
  if (expected == arguments.end()) return std::nullopt;
  return Money{expected->at("currency_code"), expected->at("minor_units")};
}

Tool OrderTool(Context& context, const Settings& settings) {
  Tool tool;
  tool.name = "order";
  tool.description =
      "Orders and pays. The reference makes it safe to call again: an order of one reference is "
      "placed once, and the same call gives what became of it. Do that when it had no answer. To "
      "order the same once more on purpose, use another reference. Orders beyond the limits are "
      "refused before anything is sent.";
  tool.input_schema = ObjectSchema(
      {{"items", GoodsSchema("What is ordered")},
       {"ship_to",
        ListSchema("The lines of the address: recipient, street, city, country", TextSchema(), 1)},
       {"reference",
        TextSchema("Your own name for this order, such as PO-7; another one for each")}},
      {{"expected_total", MoneySchema("The total of the quote: at any other nothing is ordered")},
       {"delivery_option", DeliveryOptionSchema()},
       {"terms", TermsSchema()}});
  tool.output_schema = AnswerSchema(
      {{"placed", WholeSchema("1 when it was placed by this call")},
       {"placed_before", WholeSchema("1 when it was placed or written down by an earlier one")},
       {"refused", WholeSchema()},
       {"unknown", WholeSchema("1 when there is no answer yet: call again")},
       {"not_placed", WholeSchema()},
       {"not_sent", WholeSchema()},
       {"trades", ListSchema("", AnswerSchema({{"request_id", TextSchema()},
                                               {"reference", TextSchema()},
                                               {"placement", TextSchema("PLACED, REFUSED, UNKNOWN "
                                                                        "or DROPPED")},
                                               {"refusal", TextSchema("Why, in the shop's words")},
                                               {"contents", NullOr(AnswerSchema({}))},
                                               {"services", NullOr(AnswerSchema({}))}}))}});
  tool.effects = {.read_only = false, .destructive = true, .idempotent = true};
  tool.call = [&context, settings](const Json& arguments) {
    return RunCommand(context, [&](Context& own) {
      absl::StatusOr<OrderRequest> request = ReadOrder(arguments, settings.payment_method);
      if (!request.ok()) return Report(own, request.status());
      return PlaceOne(own, *settings.orders, *std::move(request), ExpectedTotal(arguments));
    });
  };
  return tool;
}

Json ReasonSchema() { return TextSchema("Why, for the shop"); }

ToolResult Ask(Context& context, const Json& arguments, TradeRequest::Kind kind) {
  RequestOptions options;
  options.trade = arguments.at("trade");
  options.reason = arguments.value("reason", "");
  if (kind == TradeRequest::kReturn) {
    for (const Json& item : arguments.at("items")) {
      options.items.push_back(
          absl::StrCat(item.at("sku").get<std::string>(), ":", item.at("quantity").get<int64_t>()));
    }
  }
  return RunCommand(context, [&](Context& own) { return AskOfTrade(own, options, kind); });
}

Tool CancelTool(Context& context) {
  Tool tool;
  tool.name = "cancel";
  tool.description =
      "Cancels an order, as far as nothing has left. What was paid for that comes back: track it.";
  tool.input_schema = ObjectSchema({{"trade", TradeSchema()}}, {{"reason", ReasonSchema()}});
  tool.output_schema = AnswerSchema(
      {{"trading_id", TextSchema()}, {"request_id", TextSchema()}, {"order", StatusSchema()}});
  tool.effects = {.read_only = false, .destructive = true, .idempotent = true};
  tool.call = [&context](const Json& arguments) {
    return Ask(context, arguments, TradeRequest::kCancel);
  };
  return tool;
}

Tool ReturnTool(Context& context) {
  Tool tool;
  tool.name = "return";
  tool.description =
      "Asks the shop to take delivered goods back. Each call that was answered is a return of its "
      "own; one that had no answer may be made again.";
  tool.input_schema =
      ObjectSchema({{"trade", TradeSchema()}, {"items", GoodsSchema("What is given back")}},
                   {{"reason", ReasonSchema()}});
  tool.output_schema = AnswerSchema({{"trading_id", TextSchema()},
                                     {"request_id", TextSchema()},
                                     {"return_id", TextSchema()},
                                     {"order", StatusSchema()}});
  tool.effects = {.read_only = false, .destructive = true, .idempotent = false};
  tool.call = [&context](const Json& arguments) {
    return Ask(context, arguments, TradeRequest::kReturn);
  };
  return tool;
}

}  // namespace

std::vector<Tool> OrderingTools(Context& context, const Settings& settings) {
  return {OrderTool(context, settings), CancelTool(context), ReturnTool(context)};
}

}  // namespace tallystick::mcp
