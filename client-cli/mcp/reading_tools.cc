// products, quote, track, list, warnings: nothing is ordered or asked of a trade.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client-cli/commands/check/check.h"
#include "client-cli/commands/look/look.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/order_text.h"
#include "client-cli/input/pricing.h"
#include "client-cli/mcp/schema.h"
#include "client-cli/mcp/tools.h"
#include "platform/time/clock.h"

namespace tallystick::mcp {
namespace {

// How many entries of a list an answer has, unless it is asked for others: it is read by a model.
constexpr int64_t kUsualEntries = 100;
constexpr int64_t kMostEntries = 1'000;

Json LimitSchema(const std::string& which) {
  return WholeSchema(absl::StrCat("At most so many, ", which, "; ", kUsualEntries, " otherwise"), 1,
                     kMostEntries);
}

Json LeftOutSchema() { return WholeSchema("How many more there are than `limit` lets through"); }

// Of the list of this name, only the first or the last entries; and how many that leaves out.
void Shorten(const Json& arguments, const char* list, bool keep_first, ToolResult& result) {
  if (!result.structured) return;
  Json& entries = (*result.structured)[list];
  const size_t most = arguments.value("limit", kUsualEntries);
  const size_t left_out = entries.size() - std::min(entries.size(), most);
  if (left_out > 0) {
    const auto begin = entries.begin() + static_cast<std::ptrdiff_t>(keep_first ? most : 0);
    entries.erase(begin, begin + static_cast<std::ptrdiff_t>(left_out));
  }
  (*result.structured)["left_out"] = left_out;
}

bool IsFound(const CatalogueProduct& product, const std::string& search) {
  for (const std::string* text : {&product.sku, &product.name, &product.category}) {
    if (absl::StrContains(absl::AsciiStrToLower(*text), search)) return true;
  }
  return false;
}

int ShowProducts(Context& context, const std::string& search) {
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  absl::StatusOr<CataloguePages> catalogue = shop->ListProducts();
  if (!catalogue.ok()) return Report(context, catalogue.status());
  std::erase_if(catalogue->products,
                [&](const CatalogueProduct& product) { return !IsFound(product, search); });
  context.screen.PrintJson(ToJson(*catalogue));
  return kAllWell;
}

Tool ProductsTool(Context& context) {
  Tool tool;
  tool.name = "products";
  tool.description = "What the shop sells: SKUs, prices before tax, stock, and how it delivers.";
  tool.input_schema = ObjectSchema(
      {}, {{"search", TextSchema("Only those with this in their SKU, name or category")},
           {"limit", LimitSchema("the first of them")}});
  tool.output_schema = AnswerSchema(
      {{"products", ListSchema("", AnswerSchema({{"sku", TextSchema()},
                                                 {"name", TextSchema()},
                                                 {"category", TextSchema()},
                                                 {"unit_price", MoneySchema()},
                                                 {"tax_rate_basis_points", WholeSchema()},
                                                 {"stock", WholeSchema()}}))},
       {"delivery_options", ListSchema("", AnswerSchema({{"code", TextSchema()},
                                                         {"name", TextSchema()},
                                                         {"fee_minor_units", WholeSchema()},
                                                         {"lead_time_hours", WholeSchema()}}))},
       {"left_out", LeftOutSchema()}});
  tool.call = [&context](const Json& arguments) {
    const std::string search = absl::AsciiStrToLower(arguments.value("search", ""));
    ToolResult result =
        RunCommand(context, [&](Context& own) { return ShowProducts(own, search); });
    Shorten(arguments, "products", true, result);
    return result;
  };
  return tool;
}

// Why an order of this would not be sent, as things are: limits of the ledger and of this server.
Json Objections(Context& context, const Settings& settings, const std::string& profile,
                const OrderRequest& request, const CataloguePages& catalogue, const Money& total) {
  Json objections = Json::array();
  for (const Warning& warning : ExceededWith(context, profile, {request}, catalogue)) {
    objections.push_back(absl::StrCat("with this order, ", warning.sentence));
  }
  if (settings.orders) {
    const absl::Status within = CheckSpending(*settings.orders, total, context.ledger, SystemNow());
    if (!within.ok()) objections.push_back(std::string(within.message()));
  }
  return objections;
}

int ShowQuote(Context& context, const Settings& settings, const Json& arguments) {
  const absl::StatusOr<OrderRequest> request = ReadGoods(arguments);
  if (!request.ok()) return Report(context, request.status());
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  const absl::StatusOr<CataloguePages> catalogue = shop->ListProducts();
  if (!catalogue.ok()) return Report(context, catalogue.status());
  const absl::StatusOr<OrderContents> quote = Quote(*request, *catalogue);
  if (!quote.ok()) return Report(context, quote.status());
  Json json = QuoteJson(*quote, *catalogue);
  json["objections"] = Objections(context, settings, shop->profile().name, *request, *catalogue,
                                  {quote->currency, quote->total});
  context.screen.PrintJson(json);
  return kAllWell;
}

Tool QuoteTool(Context& context, const Settings& settings) {
  Tool tool;
  tool.name = "quote";
  tool.description =
      "What an order would cost, with tax and delivery, by the shop's prices of this moment. "
      "Nothing is sent to the shop.";
  tool.input_schema =
      ObjectSchema({{"items", GoodsSchema("What would be ordered")}},
                   {{"delivery_option", DeliveryOptionSchema()}, {"terms", TermsSchema()}});
  tool.output_schema = AnswerSchema(
      {{"lines", ListSchema("", AnswerSchema({{"sku", TextSchema()},
                                              {"name", TextSchema()},
                                              {"quantity", WholeSchema()},
                                              {"unit_price", MoneySchema()},
                                              {"goods_amount", MoneySchema()},
                                              {"tax_amount", MoneySchema()}}))},
       {"delivery_option", TextSchema()},
       {"terms", TextSchema()},
       {"goods_total", MoneySchema()},
       {"delivery_fee", MoneySchema()},
       {"tax_total", MoneySchema()},
       {"total", MoneySchema("What is to be paid: order takes it as its expected_total")},
       {"not_in_stock", ListSchema("SKUs of which there is less", TextSchema())},
       {"objections", ListSchema("Why it would not be ordered: limits", TextSchema())}});
  tool.call = [&context, settings](const Json& arguments) {
    return RunCommand(context, [&](Context& own) { return ShowQuote(own, settings, arguments); });
  };
  return tool;
}

Json WarningSchema(Properties more) {
  Json schema = AnswerSchema({{"rule", TextSchema("Such as MONEY-2")},
                              {"severity", TextSchema()},
                              {"sentence", TextSchema("Who contradicts whom, and what to do")},
                              {"evidence", AnswerSchema({})}});
  for (const auto& [name, property] : more) {
    schema["properties"][name] = property;
    schema["required"].push_back(name);
  }
  return schema;
}

int Track(Context& context, const std::string& name) {
  absl::StatusOr<LedgerTrade> trade = context.FindTrade(name);
  if (!trade.ok()) return Report(context, trade.status());
  const std::vector<CheckedTrade> checked = CheckTrades(context, {*std::move(trade)});
  context.screen.PrintJson(ToJson(checked.front()));
  for (const std::string& service : checked.front().unreachable) {
    context.screen.Say(absl::StrCat("no answer from ", Printable(service)));
  }
  return ExitCodeOf(checked);
}

Tool TrackTool(Context& context) {
  Tool tool;
  tool.name = "track";
  tool.description =
      "Asks shop, payment and delivery about one trade, each for itself, and checks what they say "
      "against each other and against what was ordered. Gives the statuses, what is still owed, "
      "and "
      "warnings, about which the user must be told.";
  tool.input_schema = ObjectSchema({{"trade", TradeSchema()}});
  tool.output_schema = AnswerSchema(
      {{"trading_id", TextSchema()},
       {"shop", TextSchema()},
       {"reference", TextSchema()},
       {"order", StatusSchema()},
       {"payment", StatusSchema()},
       {"delivery", StatusSchema()},
       {"total", MoneySchema()},
       {"owed", MoneySchema("Still to be paid; negative: to come back")},
       {"delivered", FlagSchema("All that is to come has arrived")},
       {"settled", FlagSchema("Nothing is owed either way, and nothing is open")},
       {"remembered", ListSchema("Services whose status here is an earlier answer", TextSchema())},
       {"warnings", ListSchema("", WarningSchema({{"acknowledged", FlagSchema()}}))},
       {"in_step", FlagSchema("All three answered, and know of each other's last changes")},
       {"on_the_way", ListSchema("What some have not heard of yet", AnswerSchema({}))},
       {"unreachable", ListSchema("Services that gave no answer, and why", TextSchema())}});
  tool.call = [&context](const Json& arguments) {
    const std::string trade = arguments.at("trade");
    return RunCommand(context, [&](Context& own) { return Track(own, trade); });
  };
  return tool;
}

Tool ListTool(Context& context) {
  Tool tool;
  tool.name = "list";
  tool.description =
      "The trades in the user's ledger, as they were seen last, what is still owed in all, and "
      "orders that have had no answer. Asks no service: track does.";
  tool.input_schema =
      ObjectSchema({}, {{"delivered", FlagSchema("Only those that are, or are not")},
                        {"settled", FlagSchema("Only those that are, or are not")},
                        {"limit", LimitSchema("the last that were ordered")}});
  tool.output_schema = AnswerSchema(
      {{"trades", ListSchema("", AnswerSchema({{"trading_id", TextSchema()},
                                               {"shop", TextSchema()},
                                               {"reference", TextSchema()},
                                               {"order_time", TextSchema()},
                                               {"delivered", FlagSchema()},
                                               {"settled", FlagSchema()},
                                               {"total", MoneySchema()},
                                               {"owed", MoneySchema()},
                                               {"open_warnings", WholeSchema()}}))},
       {"owed", ListSchema("Of all that are asked for, by currency",
                           AnswerSchema({{"currency_code", TextSchema()},
                                         {"minor_units", WholeSchema()},
                                         {"scheduled", WholeSchema()},
                                         {"overdue", WholeSchema()},
                                         {"to_come_back", WholeSchema()}}))},
       {"unknown", WholeSchema("How many orders have had no answer")},
       {"pending", ListSchema("Those orders", AnswerSchema({{"request_id", TextSchema()},
                                                            {"reference", TextSchema()},
                                                            {"shop", TextSchema()},
                                                            {"maybe_placed", FlagSchema()}}))},
       {"warnings", ListSchema("Limits that are exceeded", WarningSchema({}))},
       {"left_out", LeftOutSchema()}});
  tool.call = [&context](const Json& arguments) {
    const auto asked = [&](const char* name, bool value) {
      return arguments.contains(name) && arguments.at(name) == value;
    };
    const ListOptions options{asked("delivered", true), asked("delivered", false),
                              asked("settled", true), asked("settled", false)};
    ToolResult result = RunCommand(context, [&](Context& own) { return ShowList(own, options); });
    Shorten(arguments, "trades", false, result);
    return result;
  };
  return tool;
}

Tool WarningsTool(Context& context) {
  Tool tool;
  tool.name = "warnings";
  tool.description =
      "What the check has found so far, of all trades or of one. Asks no service: track does.";
  tool.input_schema =
      ObjectSchema({}, {{"trade", TradeSchema()},
                        {"all", FlagSchema("Also those that no longer hold; otherwise not")},
                        {"limit", LimitSchema("the last that were found")}});
  tool.output_schema = AnswerSchema(
      {{"warnings",
        ListSchema("", WarningSchema({{"id", WholeSchema()},
                                      {"trading_id", TextSchema()},
                                      {"state", TextSchema("open, acknowledged or resolved")},
                                      {"first_seen", TextSchema()},
                                      {"last_seen", TextSchema()}}))},
       {"left_out", LeftOutSchema()}});
  tool.call = [&context](const Json& arguments) {
    const std::string trade = arguments.value("trade", "");
    ToolResult result = RunCommand(context, [&](Context& own) {
      return ShowWarnings(own, arguments.value("all", false), trade);
    });
    Shorten(arguments, "warnings", false, result);
    return result;
  };
  return tool;
}

}  // namespace

std::vector<Tool> ReadingTools(Context& context, const Settings& settings) {
  return {ProductsTool(context), QuoteTool(context, settings), TrackTool(context),
          ListTool(context), WarningsTool(context)};
}

}  // namespace tallystick::mcp
