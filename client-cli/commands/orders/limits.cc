// tally limit, and what the limits mean for orders.
#include "client-cli/commands/orders/limits.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "client-cli/input/arguments.h"
#include "client-cli/input/pricing.h"
#include "client-cli/match/match.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {
namespace {

int ShowLimits(Context& context) {
  const std::map<std::string, int64_t> limits = context.ledger.Limits();
  const std::map<std::string, int64_t> totals = UnsettledTotals(context);
  Table table({{"CURRENCY"}, {"LIMIT", true}, {"UNSETTLED", true}});
  Json json = Json::array();
  for (const auto& [currency, limit] : limits) {
    const auto found = totals.find(currency);
    const Money unsettled{currency, found == totals.end() ? 0 : found->second};
    table.Add({currency, FormatMoney({currency, limit}), FormatMoney(unsettled)});
    json.push_back({{"limit", ToJson(Money{currency, limit})}, {"unsettled", ToJson(unsettled)}});
  }
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"limits", json}});
  } else if (limits.empty()) {
    context.screen.Say("no limit is set: tally limit set \"500.00 USD\"");
  } else {
    context.screen.Print(table);
  }
  return CheckLimits(context, totals).empty() ? kAllWell : kWarned;
}

int SetLimit(Context& context, const std::string& text) {
  const absl::StatusOr<Money> limit = ParseMoney(text);
  if (!limit.ok() || limit->minor < 0) {
    Report(context, limit.ok() ? absl::InvalidArgumentError("a limit must not be negative")
                               : limit.status());
    return kUsage;
  }
  context.ledger.SetLimit(*limit);
  return ShowLimits(context);
}

int ClearLimit(Context& context, const std::string& currency) {
  if (!currency.empty() && !context.ledger.Limits().contains(currency)) {
    return Report(context,
                  absl::NotFoundError(absl::StrCat("no limit of ", Printable(currency),
                                                   " is set: tally limit shows those that are")));
  }
  context.ledger.ClearLimit(currency);
  return ShowLimits(context);
}

}  // namespace

void AddUnsettled(const LedgerTrade& trade, std::map<std::string, int64_t>& totals) {
  if (trade.placement != Placement::kPlaced || IsPaid(trade)) return;
  int64_t& sum = totals[trade.information->contents.currency];
  // Money that comes back from one trade does not pay for another.
  sum = CheckedAdd(sum, std::max<int64_t>(0, OwedOn(trade))).value_or(sum);
}

std::map<std::string, int64_t> UnsettledTotals(Context& context) {
  std::map<std::string, int64_t> totals;
  context.ledger.ForEachOpen([&](const LedgerTrade& trade) { AddUnsettled(trade, totals); });
  return totals;
}

std::vector<Warning> CheckLimits(Context& context, const std::map<std::string, int64_t>& totals) {
  std::vector<Warning> warnings;
  for (const auto& [currency, limit] : context.ledger.Limits()) {
    const auto found = totals.find(currency);
    if (found == totals.end()) continue;
    if (auto warning = CheckLimit(currency, found->second, limit)) {
      warnings.push_back(*std::move(warning));
    }
  }
  return warnings;
}

std::vector<Warning> ExceededWith(Context& context, const std::string& profile,
                                  const std::vector<OrderRequest>& requests,
                                  const CataloguePages& catalogue) {
  std::map<std::string, int64_t> totals = UnsettledTotals(context);
  // Orders without an answer will be sent again along with these.
  std::vector<OrderRequest> wanted;
  for (const LedgerTrade& trade : context.ledger.Pending(profile)) {
    wanted.push_back(trade.request);
  }
  for (const OrderRequest& request : requests) {
    // What the ledger has under this name counts already.
    if (request.reference.empty() || !context.ledger.FindByReference(profile, request.reference)) {
      wanted.push_back(request);
    }
  }
  for (const OrderRequest& request : wanted) {
    const absl::StatusOr<Money> total = EstimateTotal(request, catalogue);
    if (!total.ok()) continue;  // the shop will say why it does not take it
    int64_t& sum = totals[total->currency];
    sum = CheckedAdd(sum, total->minor).value_or(sum);
  }
  return CheckLimits(context, totals);
}

void SayExceeded(const Context& context, const std::vector<Warning>& warnings) {
  for (const Warning& warning : warnings) {
    context.screen.Say(absl::StrCat("! ", warning.rule, "  with this order, ", warning.sentence,
                                    ": ", warning.evidence.at("unsettled"), " of ",
                                    warning.evidence.at("limit")));
  }
}

bool MayOrder(Context& context, Shop& shop, const std::vector<OrderRequest>& requests, bool yes,
              int* code) {
  if (yes || context.ledger.Limits().empty()) return true;
  const absl::StatusOr<CataloguePages> catalogue = shop.ListProducts();
  if (!catalogue.ok()) {
    *code = Report(context, catalogue.status());
    return false;
  }
  const std::vector<Warning> warnings =
      ExceededWith(context, shop.profile().name, requests, *catalogue);
  if (warnings.empty()) return true;
  SayExceeded(context, warnings);
  if (!context.screen.json() && context.screen.interactive() &&
      context.screen.Confirm("Order all the same?")) {
    return true;
  }
  if (context.screen.json()) {
    Json json = Json::array();
    for (const Warning& warning : warnings) json.push_back(ToJson(warning));
    context.screen.PrintJson(Json{{"placed", 0}, {"warnings", json}});
  }
  context.screen.Say("nothing was ordered; --yes orders all the same");
  *code = kWarned;
  return false;
}

void AddLimitCommands(CLI::App& app, Action& chosen) {
  CLI::App* limit = app.add_subcommand("limit", "Warn when what is unsettled exceeds a limit");
  auto amount = std::make_shared<std::string>();
  CLI::App* set = limit->add_subcommand("set", "Set the limit of a currency");
  set->add_option("amount", *amount, "e.g. \"500.00 USD\"")->required();
  set->callback(
      [=, &chosen] { chosen = [=](Context& context) { return SetLimit(context, *amount); }; });
  auto currency = std::make_shared<std::string>();
  CLI::App* clear = limit->add_subcommand("clear", "Forget the limit");
  clear->add_option("currency", *currency, "Of this currency only, e.g. USD");
  clear->callback([=, &chosen] {
    chosen = [=](Context& context) {
      return ClearLimit(context, absl::AsciiStrToUpper(*currency));
    };
  });
  limit->callback([=, &chosen] {
    if (limit->get_subcommands().empty()) chosen = ShowLimits;
  });
}

}  // namespace tallystick
