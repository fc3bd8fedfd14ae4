// tally reorder: a new order out of one that the ledger holds.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/orders/consent.h"
#include "client-cli/commands/orders/foresight.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/input/arguments.h"
#include "client-cli/input/pricing.h"
#include "client-cli/output/trade_text.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr int kTradesToPick = 20;

struct ReorderOptions {
  std::string trade;
  std::vector<std::string> set;
  std::vector<std::string> add;
  std::vector<std::string> drop;
  std::string to;
  std::string terms;
  std::string option;
  std::string payment_method;
  std::string reference;
  Consent consent;

  bool ChangesNothing() const {
    return set.empty() && add.empty() && drop.empty() && to.empty() && terms.empty() &&
           option.empty() && payment_method.empty();
  }
};

GoodsQuantity* FindItem(OrderRequest& request, const std::string& sku) {
  for (GoodsQuantity& item : request.items) {
    if (item.sku == sku) return &item;
  }
  return nullptr;
}

absl::Status ChangeItems(const ReorderOptions& options, OrderRequest& request) {
  for (const std::string& text : options.set) {
    const absl::StatusOr<GoodsQuantity> item = ParseItem(text);
    if (!item.ok()) return item.status();
    GoodsQuantity* known = FindItem(request, item->sku);
    if (known == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("the old order has no ", item->sku, "; --add puts a new product in"));
    }
    known->quantity = item->quantity;
  }
  for (const std::string& text : options.add) {
    const absl::StatusOr<GoodsQuantity> item = ParseItem(text);
    if (!item.ok()) return item.status();
    if (GoodsQuantity* known = FindItem(request, item->sku)) {
      known->quantity += item->quantity;
    } else {
      request.items.push_back(*item);
    }
  }
  for (const std::string& sku : options.drop) {
    if (FindItem(request, sku) == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("the old order has no ", sku, " to drop"));
    }
    std::erase_if(request.items, [&](const GoodsQuantity& item) { return item.sku == sku; });
  }
  if (request.items.empty()) return absl::InvalidArgumentError("nothing is left to order");
  return absl::OkStatus();
}

absl::Status ChangeTheRest(const ReorderOptions& options, OrderRequest& request) {
  if (!options.to.empty()) {
    absl::StatusOr<Address> address = ParseAddress(options.to);
    if (!address.ok()) return address.status();
    request.ship_to = *std::move(address);
  }
  if (!options.terms.empty()) {
    const std::optional<Terms> terms = ParseTerms(options.terms);
    if (!terms) {
      return absl::InvalidArgumentError(absl::StrCat("take ", TermsToChooseFrom(), " as --terms"));
    }
    request.terms = *terms;
  }
  if (!options.option.empty()) request.delivery_option = options.option;
  if (!options.payment_method.empty()) request.payment_method = options.payment_method;
  return absl::OkStatus();
}

// Shows the latest trades and asks for one; empty when none was chosen.
std::string AskForTrade(Context& context) {
  const std::vector<LedgerTrade> trades = context.ledger.LatestPlaced(kTradesToPick);
  Table table({{"", true},
               {"ORDERED"},
               {"REFERENCE", false, true},
               {"GOODS", false, true},
               {"TOTAL", true}});
  for (size_t i = 0; i < trades.size(); ++i) {
    const OrderContents& contents = trades[i].information->contents;
    std::string goods;
    for (const ContentsLine& line : contents.lines) {
      absl::StrAppend(&goods, goods.empty() ? "" : ", ", line.quantity, " ", line.sku);
    }
    table.Add({absl::StrCat(i + 1), LocalTime(contents.order_time), contents.buyer_reference, goods,
               FormatMoney({contents.currency, contents.total})});
  }
  context.screen.Say(table.Render(context.screen.width()));
  const auto answer = context.screen.Ask("Which one? (its number) ");
  size_t number = 0;
  if (!answer || !absl::SimpleAtoi(*answer, &number) || number < 1 || number > trades.size()) {
    return "";
  }
  return trades[number - 1].information->contents.trading_id.ToString();
}

// Asks until `take` accepts the answer; an empty one keeps what is. False when the input ended.
template <typename Take>
bool AskUntil(const Context& context, const std::string& question, Take take) {
  while (true) {
    const auto answer = context.screen.Ask(question);
    if (!answer) return false;
    if (answer->empty()) return true;
    const absl::Status taken = take(*answer);
    if (taken.ok()) return true;
    context.screen.Say(Printable(taken.message()));
  }
}

bool AskForTheRest(const Context& context, OrderRequest& request) {
  return AskUntil(context,
                  absl::StrCat("Address, its lines divided by ; [",
                               Printable(absl::StrJoin(request.ship_to.lines, "; ")), "] "),
                  [&](const std::string& text) {
                    ReorderOptions change;
                    change.to = text;
                    return ChangeTheRest(change, request);
                  }) &&
         AskUntil(context, absl::StrCat("Terms [", ToString(request.terms), "] "),
                  [&](const std::string& text) {
                    ReorderOptions change;
                    change.terms = text;
                    return ChangeTheRest(change, request);
                  });
}

// Asks for each line's quantity; false when the input ended.
bool AskForChanges(const Context& context, const CataloguePages& catalogue, OrderRequest& request) {
  for (GoodsQuantity& item : request.items) {
    const CatalogueProduct* product = FindProduct(catalogue, item.sku);
    const std::string price =
        product == nullptr ? "no longer sold" : FormatMoney(product->unit_price) + " each";
    while (true) {
      const auto answer =
          context.screen.Ask(absl::StrCat(Printable(item.sku), ", ", Printable(price),
                                          ": quantity (0 drops it) [", item.quantity, "] "));
      if (!answer) return false;
      int64_t quantity = 0;
      if (answer->empty()) break;
      if (absl::SimpleAtoi(*answer, &quantity) && quantity >= 0) {
        item.quantity = quantity;
        break;
      }
      context.screen.Say("a whole number, 0 or more, please");
    }
  }
  std::erase_if(request.items, [](const GoodsQuantity& item) { return item.quantity == 0; });
  while (true) {
    const auto answer = context.screen.Ask("Add a product (SKU:QUANTITY, empty to go on) ");
    if (!answer) return false;
    if (answer->empty()) return true;
    const absl::StatusOr<GoodsQuantity> item = ParseItem(*answer);
    if (!item.ok()) {
      context.screen.Say(Printable(item.status().message()));
    } else if (FindProduct(catalogue, item->sku) == nullptr) {
      context.screen.Say(absl::StrCat("the shop has no product ", item->sku));
    } else if (GoodsQuantity* known = FindItem(request, item->sku)) {
      known->quantity += item->quantity;
    } else {
      request.items.push_back(*item);
    }
  }
}

struct ComparedLine {
  std::string sku;
  int64_t old_quantity = 0;
  int64_t new_quantity = 0;
  std::optional<Money> old_price;
  std::optional<Money> new_price;
};

std::vector<ComparedLine> Compare(const OrderContents& old, const OrderRequest& request,
                                  const CataloguePages& catalogue) {
  std::vector<ComparedLine> lines;
  for (const ContentsLine& line : old.lines) {
    lines.push_back({line.sku, line.quantity, 0, Money{old.currency, line.unit_price}});
  }
  for (const GoodsQuantity& item : request.items) {
    auto known = std::find_if(lines.begin(), lines.end(),
                              [&](const ComparedLine& line) { return line.sku == item.sku; });
    if (known == lines.end()) known = lines.insert(lines.end(), ComparedLine{item.sku});
    known->new_quantity = item.quantity;
  }
  for (ComparedLine& line : lines) {
    const CatalogueProduct* product = FindProduct(catalogue, line.sku);
    if (product != nullptr) line.new_price = product->unit_price;
  }
  return lines;
}

std::string PriceText(const std::optional<Money>& price) {
  return price ? FormatMoney(*price) : "-";
}

void ShowComparison(const Context& context, const std::vector<ComparedLine>& lines,
                    const Money& old_total, const Money& new_total) {
  Table table({{"SKU"},
               {"WAS", true},
               {"IS", true},
               {"PRICE WAS", true},
               {"PRICE IS", true},
               {"CHANGE", true}});
  for (const ComparedLine& line : lines) {
    std::string change;
    if (line.old_price && line.new_price && line.old_price->currency == line.new_price->currency &&
        line.old_price->minor != line.new_price->minor) {
      const int64_t difference = SaturatedSubtract(line.new_price->minor, line.old_price->minor);
      change = absl::StrCat(difference > 0 ? "+" : "",
                            FormatMoney({line.new_price->currency, difference}));
    }
    table.Add({line.sku, absl::StrCat(line.old_quantity), absl::StrCat(line.new_quantity),
               PriceText(line.old_price), PriceText(line.new_price), change});
  }
  // To people, also while JSON goes to standard output.
  context.screen.Say(absl::StrCat(table.Render(0), "\nTotal was ", FormatMoney(old_total), ", is ",
                                  FormatMoney(new_total)));
}

Json ComparisonJson(const std::vector<ComparedLine>& lines, const Money& old_total,
                    const Money& new_total) {
  Json json{{"old_total", ToJson(old_total)}, {"new_total", ToJson(new_total)}};
  json["lines"] = Json::array();
  for (const ComparedLine& line : lines) {
    json["lines"].push_back(
        {{"sku", line.sku},
         {"old_quantity", line.old_quantity},
         {"new_quantity", line.new_quantity},
         {"old_price", line.old_price ? ToJson(*line.old_price) : Json(nullptr)},
         {"new_price", line.new_price ? ToJson(*line.new_price) : Json(nullptr)}});
  }
  return json;
}

// What a dry run says below the comparison, and its exit code.
int ForeseeReorder(Context& context, const std::string& profile, const OrderRequest& request,
                   const CataloguePages& catalogue, const Json& comparison) {
  std::vector<OrderRequest> requests{request};
  const std::vector<Foreseen> orders = ForeseeAll(context, profile, catalogue, requests);
  const std::vector<Warning> exceeded = ExceededWith(context, profile, requests, catalogue);
  if (context.screen.json()) {
    Json json = ToJson(orders[0]);
    json["dry_run"] = true;
    json["comparison"] = comparison;
    json["warnings"] = Json::array();
    for (const Warning& warning : exceeded) json["warnings"].push_back(ToJson(warning));
    json["undecided"] = UndecidedJson();
    context.screen.PrintJson(json);
  } else {
    SayForeseen(context, orders[0], catalogue);
    SayExceeded(context, exceeded);
    SayUndecided(context, profile);
  }
  context.screen.Say("nothing was ordered: --dry-run");
  return CodeOf(orders, exceeded);
}

int Reorder(Context& context, const ReorderOptions& options) {
  const bool yes = options.consent.yes;
  const bool ask = !yes && !context.screen.json() && context.screen.interactive();
  const std::string prefix = options.trade.empty() && ask ? AskForTrade(context) : options.trade;
  if (prefix.empty()) {
    Report(context, absl::InvalidArgumentError("say which trade: tally reorder TRADE"));
    return kUsage;
  }
  const absl::StatusOr<LedgerTrade> trade = context.FindTrade(prefix);
  if (!trade.ok()) return Report(context, trade.status());
  OrderRequest request = trade->request;
  request.reference = options.reference;
  request.expected_total.reset();
  if (request.payment_method.empty() && options.payment_method.empty()) {
    Report(context, absl::InvalidArgumentError(
                        "the ledger does not hold the payment method (the trade was rebuilt from "
                        "the shop's list): say it with --payment-method"));
    return kUsage;
  }
  for (const absl::Status& changed :
       {ChangeItems(options, request), ChangeTheRest(options, request)}) {
    if (changed.ok()) continue;
    Report(context, changed);
    return kUsage;
  }
  absl::StatusOr<Shop> shop = context.OpenShop(trade->profile);
  if (!shop.ok()) return Report(context, shop.status());
  const absl::StatusOr<CataloguePages> catalogue = shop->ListProducts();
  if (!catalogue.ok()) return Report(context, catalogue.status());
  if (ask && options.ChangesNothing() &&
      !(AskForChanges(context, *catalogue, request) && AskForTheRest(context, request))) {
    context.screen.Say("nothing was ordered");
    return kFailed;
  }
  if (request.items.empty()) {
    return Report(context, absl::InvalidArgumentError("nothing is left to order"));
  }
  const absl::StatusOr<Money> total = EstimateTotal(request, *catalogue);
  if (!total.ok()) return Report(context, total.status());
  request.expected_total = *total;
  const OrderContents& old = trade->information->contents;
  const std::vector<ComparedLine> lines = Compare(old, request, *catalogue);
  const Money old_total{old.currency, old.total};
  if (!context.screen.json()) ShowComparison(context, lines, old_total, *total);
  if (options.consent.dry_run) {
    const Json comparison = ComparisonJson(lines, old_total, *total);
    return ForeseeReorder(context, shop->profile().name, request, *catalogue, comparison);
  }
  if (ask && !context.screen.Confirm("Order this?")) {
    context.screen.Say("nothing was ordered");
    return kFailed;
  }
  int code = kAllWell;
  if (!MayOrder(context, *shop, {request}, yes, &code)) return code;
  const absl::StatusOr<PlacingResult> result = PlaceAll(context, *shop, {request}, 1);
  if (!result.ok()) return Report(context, result.status());
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"comparison", ComparisonJson(lines, old_total, *total)}});
  }
  return ShowPlacing(context, *result, true);
}

}  // namespace

void AddReorderCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ReorderOptions>();
  CLI::App* reorder = app.add_subcommand(
      "reorder",
      "Order again what a trade was about, changed as you like; asks when nothing is said");
  reorder->add_option("trade", options->trade,
                      "Trading id or a unique prefix of it; at a terminal, asks if not given");
  reorder->add_option("--set", options->set, "SKU:QUANTITY, another quantity")->take_all();
  reorder->add_option("--add", options->add, "SKU:QUANTITY, on top")->take_all();
  reorder->add_option("--drop", options->drop, "SKU, not this time")->take_all();
  reorder->add_option("--to", options->to, "Another address");
  reorder->add_option("--terms", options->terms, TermsToChooseFrom());
  reorder->add_option("--option", options->option, "Another delivery option");
  AddPaymentMethod(*reorder, options->payment_method, "Token of another payment method");
  reorder->add_option("--reference", options->reference, "Your own name for the new order");
  AddConsent(*reorder, options->consent, "Ask nothing");
  reorder->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Reorder(context, *options); }; });
}

}  // namespace tallystick
