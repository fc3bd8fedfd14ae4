// tally list: the ledger's trades, delivered apart from undelivered and settled apart from
// unsettled, with what is still owed. Asks nobody: tally sync does.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {
namespace {

struct ListOptions {
  bool delivered = false;
  bool undelivered = false;
  bool settled = false;
  bool unsettled = false;
};

struct Group {
  const char* title;
  bool delivered;
  bool settled;
};

constexpr Group kGroups[] = {{"Undelivered, unsettled", false, false},
                             {"Undelivered, settled", false, true},
                             {"Delivered, unsettled", true, false},
                             {"Delivered, settled", true, true}};

bool IsWanted(const ListOptions& options, bool delivered, bool settled) {
  if (options.delivered && !delivered) return false;
  if (options.undelivered && delivered) return false;
  if (options.settled && !settled) return false;
  if (options.unsettled && settled) return false;
  return true;
}

std::string StateOf(const LedgerTrade& trade) {
  return trade.order ? ToString(trade.order->state) : "PLACED";
}

Json TradeJson(const LedgerTrade& trade, int warnings) {
  const OrderContents& contents = trade.information->contents;
  return {
      {"trading_id", contents.trading_id.ToString()},
      {"shop", trade.profile},
      {"reference", contents.buyer_reference},
      {"order_time", TimeText(contents.order_time)},
      {"order_state", trade.order ? Json(ToString(trade.order->state)) : Json(nullptr)},
      {"payment_state", trade.payment ? Json(ToString(trade.payment->state)) : Json(nullptr)},
      {"delivery_state", trade.delivery ? Json(ToString(trade.delivery->state)) : Json(nullptr)},
      {"delivered", IsDelivered(trade)},
      {"settled", IsPaid(trade)},
      {"goods_total", ToJson(Money{contents.currency, contents.goods_total})},
      {"total", ToJson(Money{contents.currency, contents.total})},
      {"owed", ToJson(Money{contents.currency, OwedOn(trade)})},
      {"open_warnings", warnings}};
}

void PrintGroup(const Context& context, const Group& group,
                const std::vector<const LedgerTrade*>& trades,
                const std::map<int64_t, int>& warnings) {
  if (trades.empty()) return;
  Table table({{"TRADE"},
               {"REFERENCE", false, true},
               {"SHOP", false, true},
               {"ORDERED", false, true},
               {"STATE"},
               {"TOTAL", true},
               {"OWED", true},
               {"WARNINGS", true}});
  for (const LedgerTrade* trade : trades) {
    const OrderContents& contents = trade->information->contents;
    const auto warned = warnings.find(trade->key);
    table.Add({contents.trading_id.ToString(), contents.buyer_reference, trade->profile,
               LocalTime(contents.order_time), StateOf(*trade),
               FormatMoney({contents.currency, contents.total}),
               FormatMoney({contents.currency, OwedOn(*trade)}),
               warned == warnings.end() ? "" : absl::StrCat(warned->second)});
  }
  context.screen.Print(
      absl::StrCat(context.screen.Paint(group.title, Color::kStrong), " (", trades.size(), ")\n"));
  context.screen.Print(table);
  context.screen.Print("\n");
}

int List(Context& context, const ListOptions& options) {
  const std::vector<LedgerTrade> trades = context.ledger.Trades();
  const std::map<int64_t, int> warnings = context.ledger.OpenWarningCounts();
  std::map<std::string, int64_t> owed;
  Json listed = Json::array();
  int unknown = 0;
  for (const LedgerTrade& trade : trades) {
    if (trade.placement == Placement::kPending) ++unknown;
    if (trade.placement != Placement::kPlaced) continue;
    if (!IsWanted(options, IsDelivered(trade), IsPaid(trade))) continue;
    int64_t& sum = owed[trade.information->contents.currency];
    sum = CheckedAdd(sum, OwedOn(trade)).value_or(sum);
    const auto warned = warnings.find(trade.key);
    listed.push_back(TradeJson(trade, warned == warnings.end() ? 0 : warned->second));
  }
  if (context.screen.json()) {
    Json totals = Json::array();
    for (const auto& [currency, minor] : owed) totals.push_back(ToJson(Money{currency, minor}));
    context.screen.PrintJson(Json{{"trades", listed}, {"owed", totals}, {"unknown", unknown}});
    return kAllWell;
  }
  for (const Group& group : kGroups) {
    std::vector<const LedgerTrade*> members;
    for (const LedgerTrade& trade : trades) {
      if (trade.placement == Placement::kPlaced && IsDelivered(trade) == group.delivered &&
          IsPaid(trade) == group.settled && IsWanted(options, group.delivered, group.settled)) {
        members.push_back(&trade);
      }
    }
    PrintGroup(context, group, members, warnings);
  }
  for (const auto& [currency, minor] : owed) {
    context.screen.Print(
        absl::StrCat("Still owed  ",
                     context.screen.Paint(FormatMoney({currency, minor}), Color::kStrong), "\n"));
  }
  if (unknown > 0) {
    context.screen.Say(absl::StrCat(unknown,
                                    " orders were sent without an answer: tally sync "
                                    "finds out what became of them"));
  }
  if (listed.empty() && unknown == 0) context.screen.Say("no trades");
  return kAllWell;
}

}  // namespace

void AddListCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = app.add_subcommand("list", "The trades of the ledger and what is still owed");
  CLI::Option* delivered = list->add_flag("--delivered", options->delivered, "Only delivered ones");
  list->add_flag("--undelivered", options->undelivered, "Only undelivered ones")
      ->excludes(delivered);
  CLI::Option* settled = list->add_flag("--settled", options->settled, "Only settled ones");
  list->add_flag("--unsettled", options->unsettled, "Only unsettled ones")->excludes(settled);
  list->callback(
      [=, &chosen] { chosen = [=](Context& context) { return List(context, *options); }; });
}

}  // namespace tallystick
