// tally list: the ledger's trades, delivered apart from undelivered and settled apart from
// unsettled, with what is still owed. Asks nobody: tally sync does.
#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/look/look.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

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
  if (!trade.order) return "PLACED";
  int64_t returned = 0;
  int64_t returning = 0;
  for (const OrderLineStatus& line : trade.order->lines) {
    returned = SaturatedAdd(returned, line.returned);
    returning = SaturatedAdd(returning, line.return_requested);
  }
  return absl::StrCat(ToString(trade.order->state),
                      returned > 0 ? absl::StrCat(", ", returned, " returned") : "",
                      returning > 0 ? absl::StrCat(", ", returning, " on the way back") : "");
}

Json ReturnsJson(const LedgerTrade& trade) {
  Json returns = Json::array();
  if (!trade.order) return returns;
  for (const Return& goods_return : trade.order->returns) {
    returns.push_back({{"return_id", goods_return.return_id},
                       {"state", ToString(goods_return.state)},
                       {"lines", ToJson(goods_return.lines)}});
  }
  return returns;
}

// What the last look found of each trade that nobody has taken note of.
struct Noticed {
  std::map<int64_t, std::vector<KeptWarning>> open;

  explicit Noticed(Context& context) {
    for (KeptWarning& kept : context.ledger.Warnings(0)) {
      if (kept.resolve_time || kept.acknowledge_time) continue;
      open[kept.trade_key].push_back(std::move(kept));
    }
  }
  std::span<const KeptWarning> Of(const LedgerTrade& trade) const {
    const auto found = open.find(trade.key);
    if (found == open.end()) return {};
    return found->second;
  }
};

// "? " before what a service does not stand by.
std::string DoubtMark(std::span<const KeptWarning> warnings) {
  const PerSide<bool> doubted = Doubts(warnings);
  return doubted.shopping || doubted.payment || doubted.delivery ? "? " : "";
}

Json ListedJson(const LedgerTrade& trade, std::span<const KeptWarning> warnings) {
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
      {"returns", ReturnsJson(trade)},
      {"owed", ToJson(Money{contents.currency, OwedOn(trade)})},
      {"in_doubt", NamesJson(Doubts(warnings))},
      {"open_warnings", warnings.size()}};
}

// The trades of one group, as they are shown.
struct Section {
  int trades = 0;
  Table table{{{"TRADE"},
               {"REFERENCE", false, true},
               {"SHOP", false, true},
               {"ORDERED", false, true},
               {"STATE"},
               {"TOTAL", true},
               {"OWED", true},
               {"WARNINGS", true}}};

  void Add(const LedgerTrade& trade, std::span<const KeptWarning> warnings) {
    const OrderContents& contents = trade.information->contents;
    table.Add({contents.trading_id.ToString(), contents.buyer_reference, trade.profile,
               LocalTime(contents.order_time), DoubtMark(warnings) + StateOf(trade),
               FormatMoney({contents.currency, contents.total}),
               FormatMoney({contents.currency, OwedOn(trade)}),
               warnings.empty() ? "" : absl::StrCat(warnings.size())});
    ++trades;
  }
  void Print(const Screen& screen, const Group& group) const {
    if (trades == 0) return;
    screen.Print(absl::StrCat(screen.Paint(group.title, Color::kStrong), " (", trades, ")\n"));
    screen.Print(table);
    screen.Print("\n");
  }
};

// Orders that have had no answer, which only sync or the buyer can bring to an end.
void PrintPending(const Context& context, const std::vector<LedgerTrade>& trades) {
  Table table({{"REQUEST"},
               {"REFERENCE", false, true},
               {"SHOP", false, true},
               {"WRITTEN", false, true},
               {"MAYBE PLACED"}});
  for (const LedgerTrade& trade : trades) {
    table.Add({trade.request_id.ToString(), trade.request.reference, trade.profile,
               LocalTime(trade.create_time), trade.sendings > 0 ? "yes" : "no"});
  }
  context.screen.Print("Without an answer\n");
  context.screen.Print(table);
  context.screen.Print("\n");
}

// What is to be paid and what is to come back are never set off against each other: they are owed
// by and to different trades.
struct OwedTotal {
  int64_t owed = 0;
  int64_t to_come_back = 0;
  OwedByDate by_date;
};

void AddTo(int64_t& sum, int64_t amount) { sum = CheckedAdd(sum, amount).value_or(sum); }

std::string OwedLine(const Context& context, const std::string& currency, const OwedTotal& total) {
  std::string line = absl::StrCat(
      "Still owed  ", context.screen.Paint(FormatMoney({currency, total.owed}), Color::kStrong));
  if (total.by_date.scheduled > 0) {
    absl::StrAppend(&line, ", of which ", FormatMoney({currency, total.by_date.scheduled}),
                    " at dates to come");
  }
  if (total.by_date.overdue > 0) {
    absl::StrAppend(
        &line, ", ",
        context.screen.Paint(FormatMoney({currency, total.by_date.overdue}), Color::kBad),
        " overdue");
  }
  absl::StrAppend(&line, "\n");
  if (total.to_come_back > 0) {
    absl::StrAppend(
        &line, "Owed to you ",
        context.screen.Paint(FormatMoney({currency, total.to_come_back}), Color::kStrong), "\n");
  }
  return line;
}

// What the list shows of the ledger's trades.
struct Listing {
  std::map<std::string, OwedTotal> owed;     // of those that are wanted, by currency
  std::map<std::string, int64_t> unsettled;  // of all
  std::array<Section, std::size(kGroups)> sections;
  Json trades = Json::array();  // instead of the sections
  bool any = false;
  bool any_warned = false;
};

void AddToListing(const ListOptions& options, const LedgerTrade& trade,
                  std::span<const KeptWarning> warnings, absl::Time now, bool json,
                  Listing& listing) {
  if (trade.placement != Placement::kPlaced) return;
  AddUnsettled(trade, listing.unsettled);
  const bool delivered = IsDelivered(trade);
  const bool settled = IsPaid(trade);
  if (!IsWanted(options, delivered, settled)) return;
  listing.any = true;
  listing.any_warned = listing.any_warned || !warnings.empty();
  OwedTotal& total = listing.owed[trade.information->contents.currency];
  const OwedByDate by_date = OwedDates(trade, now);
  AddTo(total.owed, std::max<int64_t>(0, OwedOn(trade)));
  AddTo(total.to_come_back, std::max<int64_t>(0, SaturatedSubtract(0, OwedOn(trade))));
  AddTo(total.by_date.scheduled, by_date.scheduled);
  AddTo(total.by_date.overdue, by_date.overdue);
  if (json) {
    listing.trades.push_back(ListedJson(trade, warnings));
    return;
  }
  for (size_t i = 0; i < std::size(kGroups); ++i) {
    if (kGroups[i].delivered == delivered && kGroups[i].settled == settled) {
      listing.sections[i].Add(trade, warnings);
    }
  }
}

void PrintListing(const Context& context, const Listing& listing,
                  const std::vector<LedgerTrade>& pending, const std::vector<Warning>& exceeded,
                  size_t requests) {
  for (size_t i = 0; i < std::size(kGroups); ++i) {
    listing.sections[i].Print(context.screen, kGroups[i]);
  }
  if (!pending.empty()) PrintPending(context, pending);
  for (const auto& [currency, total] : listing.owed) {
    context.screen.Print(OwedLine(context, currency, total));
  }
  if (listing.any_warned) {
    context.screen.Say("some of these have open warnings: tally warnings shows them");
  }
  context.screen.Print(WarningText(context.screen, exceeded));
  if (!pending.empty()) {
    context.screen.Say(absl::StrCat(pending.size(),
                                    " orders have had no answer: tally sync finds out what became "
                                    "of them, tally drop gives one up"));
  }
  if (requests > 0) {
    context.screen.Say(absl::StrCat(requests,
                                    " requests to cancel or to return have had no answer: tally "
                                    "sync sends them again, tally drop TRADE gives them up"));
  }
  if (!listing.any && pending.empty()) context.screen.Say("no trades");
}

Json JsonOf(Listing listing, const std::vector<LedgerTrade>& without_answer,
            const std::vector<Warning>& exceeded, size_t requests) {
  Json totals = Json::array();
  for (const auto& [currency, total] : listing.owed) {
    Json entry = ToJson(Money{currency, total.owed});
    entry["scheduled"] = total.by_date.scheduled;
    entry["overdue"] = total.by_date.overdue;
    entry["to_come_back"] = total.to_come_back;
    totals.push_back(std::move(entry));
  }
  Json limits = Json::array();
  for (const Warning& warning : exceeded) limits.push_back(ToJson(warning));
  Json pending = Json::array();
  for (const LedgerTrade& trade : without_answer) pending.push_back(PendingJson(trade));
  return {{"trades", std::move(listing.trades)}, {"owed", totals},
          {"unknown", pending.size()},           {"pending", pending},
          {"requests_unknown", requests},        {"warnings", limits}};
}

}  // namespace

int ShowList(Context& context, const ListOptions& options) {
  const absl::Time now = SystemNow();
  const Noticed noticed(context);
  Listing listing;
  context.ledger.ForEachTrade([&](const LedgerTrade& trade) {
    AddToListing(options, trade, noticed.Of(trade), now, context.screen.json(), listing);
  });
  const std::vector<LedgerTrade> pending = context.ledger.Pending();
  const std::vector<Warning> exceeded = CheckLimits(context, listing.unsettled);
  const size_t requests = context.ledger.PendingRequests().size();
  const int code = exceeded.empty() && !listing.any_warned ? kAllWell : kWarned;
  if (context.screen.json()) {
    context.screen.PrintJson(JsonOf(std::move(listing), pending, exceeded, requests));
  } else {
    PrintListing(context, listing, pending, exceeded, requests);
  }
  return code;
}

void AddListCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = app.add_subcommand("list", "The trades of the ledger and what is still owed");
  CLI::Option* delivered = list->add_flag("--delivered", options->delivered, "Only delivered ones");
  list->add_flag("--undelivered", options->undelivered, "Only undelivered ones")
      ->excludes(delivered);
  CLI::Option* settled = list->add_flag("--settled", options->settled, "Only settled ones");
  list->add_flag("--unsettled", options->unsettled, "Only unsettled ones")->excludes(settled);
  list->callback(
      [=, &chosen] { chosen = [=](Context& context) { return ShowList(context, *options); }; });
}

}  // namespace tallystick
