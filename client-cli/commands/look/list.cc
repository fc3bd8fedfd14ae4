// tally list: the ledger's trades, delivered apart from undelivered and settled apart from
// unsettled, with what is still owed. Asks nobody: tally sync does.
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <span>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/commands/look/look.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/commands/orders/placing.h"
#include "client-cli/input/arguments.h"
#include "client-cli/output/state_words.h"
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

// Whether the order, the payment or the delivery is in this state.
bool IsIn(const std::string& state, const LedgerTrade& trade) {
  bool found = false;
  const auto look = [&](Side, const auto& status) {
    found = found || (status && ToString(status->state) == state);
  };
  ForEachSide(look, trade);
  return found;
}

// The states that there are, by their names in proto/.
std::set<std::string> AllStates() {
  constexpr int kMoreThanThereAre = 32;
  std::set<std::string> states;
  const auto add = [&](const std::string& name) {
    if (!absl::StartsWith(name, "UNKNOWN(") && name != "UNSPECIFIED") states.insert(name);
  };
  for (int number = 0; number < kMoreThanThereAre; ++number) {
    add(ToString(static_cast<OrderState>(number)));
    add(ToString(static_cast<PaymentState>(number)));
    add(ToString(static_cast<DeliveryState>(number)));
  }
  return states;
}

// What is shown first comes last, as the latest does.
void SortForList(const std::string& by, std::vector<LedgerTrade>& trades) {
  const auto contents = [](const LedgerTrade& trade) -> const OrderContents& {
    return trade.information->contents;
  };
  const auto later = [&](const LedgerTrade& one, const LedgerTrade& other) {
    if (by == "total") return contents(one).total < contents(other).total;
    if (by == "owed") return OwedOn(one) < OwedOn(other);
    if (by == "reference") {
      return contents(one).buyer_reference > contents(other).buyer_reference;
    }
    if (by == "shop") return one.profile > other.profile;
    return contents(one).order_time < contents(other).order_time;
  };
  std::ranges::stable_sort(trades, later);
}

bool IsWanted(const ListOptions& options, const LedgerTrade& trade, bool delivered, bool settled) {
  if (options.delivered && !delivered) return false;
  if (options.undelivered && delivered) return false;
  if (options.settled && !settled) return false;
  if (options.unsettled && settled) return false;
  if (!options.shop.empty() && trade.profile != options.shop) return false;
  if (!options.state.empty() && !IsIn(options.state, trade)) return false;
  return !options.since_time || trade.information->contents.order_time >= *options.since_time;
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
      {"number", trade.key},
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

// The trades of one group, as they are shown: the latest first.
class Section {
 public:
  Section() : table_(Columns()) {}

  void Add(const LedgerTrade& trade, std::span<const KeptWarning> warnings, bool wide,
           bool several_shops, absl::Time now) {
    const OrderContents& contents = trade.information->contents;
    const int64_t owed = OwedOn(trade);
    const auto money = [&](int64_t minor) {
      return minor > 0 ? FormatMoney({contents.currency, minor}) : "";
    };
    std::string mark = warnings.empty() ? "" : absl::StrCat("! ", warnings.size());
    table_.Add({absl::StrCat("#", trade.key), contents.buyer_reference,
                wide || several_shops ? trade.profile : "",
                wide ? LocalTime(contents.order_time) : AgoWords(contents.order_time, now),
                DoubtMark(warnings) + StateWords(trade, now),
                FormatMoney({contents.currency, contents.total}), money(owed),
                money(SaturatedSubtract(0, owed)), std::move(mark),
                wide ? contents.trading_id.ToString() : ""});
    ++trades_;
  }
  // One that is done, and is counted only.
  void Fold() {
    ++trades_;
    ++folded_;
  }
  void Print(const Screen& screen, const Group& group, int64_t limit) {
    if (trades_ == 0) return;
    screen.Print(absl::StrCat(screen.Paint(group.title, Color::kStrong), " (", trades_, ")\n"));
    table_.Reverse();
    const size_t cut = limit > 0 ? table_.KeepFirst(static_cast<size_t>(limit)) : 0;
    if (!table_.empty()) screen.Print(table_);
    if (cut > 0) screen.Print(absl::StrCat("and ", cut, " before them\n"));
    if (folded_ > 0) {
      screen.Print(absl::StrCat(folded_, folded_ < trades_ ? " more" : "",
                                " done: tally list --all shows them\n"));
    }
    screen.Print("\n");
  }

 private:
  static std::vector<Column> Columns() {
    return {{"#"},
            {"REFERENCE", false, true},
            {"SHOP", false, true},
            {"ORDERED", false, true},
            {"STATE", false, true},
            {"TOTAL", true},
            {"OWED", true},
            {"BACK", true},
            {"!"},
            {"TRADE"}};
  }

  Table table_;
  int64_t trades_ = 0;
  int64_t folded_ = 0;
};

// Orders that have had no answer, which only sync or the buyer can bring to an end.
void PrintPending(const Context& context, const std::vector<LedgerTrade>& trades) {
  Table table({{"#"},
               {"REQUEST", false, true},
               {"REFERENCE", false, true},
               {"SHOP", false, true},
               {"WRITTEN", false, true},
               {"MAYBE PLACED"}});
  for (const LedgerTrade& trade : trades) {
    table.Add({absl::StrCat("#", trade.key), trade.request_id.ToString(), trade.request.reference,
               trade.profile, LocalTime(trade.create_time), trade.sendings > 0 ? "yes" : "no"});
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
  Json trades = Json::array();   // instead of the sections
  std::vector<std::string> ids;  // likewise
  bool several_shops = false;
  absl::Time oldest = absl::InfiniteFuture();  // answer of those that have not ended
  bool any = false;
  bool any_warned = false;
};

void AddToListing(const ListOptions& options, const LedgerTrade& trade,
                  std::span<const KeptWarning> warnings, absl::Time now, const Screen& screen,
                  Listing& listing) {
  if (trade.placement != Placement::kPlaced) return;
  AddUnsettled(trade, listing.unsettled);
  const bool delivered = IsDelivered(trade);
  const bool settled = IsPaid(trade);
  if (!IsWanted(options, trade, delivered, settled)) return;
  listing.any = true;
  listing.any_warned = listing.any_warned || !warnings.empty();
  OwedTotal& total = listing.owed[trade.information->contents.currency];
  const OwedByDate by_date = OwedDates(trade, now);
  AddTo(total.owed, std::max<int64_t>(0, OwedOn(trade)));
  AddTo(total.to_come_back, std::max<int64_t>(0, SaturatedSubtract(0, OwedOn(trade))));
  AddTo(total.by_date.scheduled, by_date.scheduled);
  AddTo(total.by_date.overdue, by_date.overdue);
  if (!trade.ended) {
    for (const Side side : kSides) listing.oldest = std::min(listing.oldest, trade.seen[side]);
  }
  if (screen.json()) {
    listing.trades.push_back(ListedJson(trade, warnings));
    return;
  }
  if (screen.names()) {
    listing.ids.push_back(trade.information->contents.trading_id.ToString());
    return;
  }
  const bool done = delivered && settled && trade.ended && warnings.empty();
  for (size_t i = 0; i < std::size(kGroups); ++i) {
    if (kGroups[i].delivered != delivered || kGroups[i].settled != settled) continue;
    if (done && !options.all && !options.is_filtered()) {
      listing.sections[i].Fold();
    } else {
      listing.sections[i].Add(trade, warnings, screen.wide(), listing.several_shops, now);
    }
  }
}

// How old what is shown may be.
void SayAge(const Context& context, const Listing& listing, absl::Time now) {
  if (!listing.any || listing.oldest == absl::InfiniteFuture()) return;
  context.screen.Say(listing.oldest < absl::UnixEpoch() + absl::Hours(24)
                         ? "not all three have been asked about each yet: tally sync asks"
                         : absl::StrCat("as of ", AgoWords(listing.oldest, now),
                                        "; tally sync asks the shops again"));
}

void PrintListing(const Context& context, const ListOptions& options, Listing& listing,
                  const std::vector<LedgerTrade>& pending, const std::vector<Warning>& exceeded,
                  size_t requests) {
  for (size_t i = 0; i < std::size(kGroups); ++i) {
    listing.sections[i].Print(context.screen, kGroups[i], options.limit);
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
  SayAge(context, listing, SystemNow());
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

int ShowList(Context& context, const ListOptions& asked) {
  ListOptions options = asked;
  const absl::Time now = SystemNow();
  if (!options.since.empty()) {
    const absl::StatusOr<absl::Time> since = ParsePast(options.since, now);
    if (!since.ok()) {
      Report(context, since.status());
      return kUsage;
    }
    options.since_time = *since;
  }
  options.state = absl::AsciiStrToUpper(options.state);
  if (!options.state.empty() && !AllStates().contains(options.state)) {
    Report(context, absl::InvalidArgumentError(absl::StrCat("there is no state '", options.state,
                                                            "': take one of ",
                                                            absl::StrJoin(AllStates(), ", "))));
    return kUsage;
  }
  if (!options.shop.empty()) {
    const std::vector<std::string> known = context.ledger.ShopNames();
    if (std::ranges::find(known, options.shop) == known.end()) {
      return Report(context, NoSuchShop(options.shop, known));
    }
  }
  const Noticed noticed(context);
  Listing listing;
  listing.several_shops = context.ledger.Profiles().size() > 1;
  std::vector<LedgerTrade> sorted;
  context.ledger.ForEachTrade([&](LedgerTrade trade) {
    if (!options.sort.empty() && trade.placement == Placement::kPlaced) {
      sorted.push_back(std::move(trade));
    } else {
      AddToListing(options, trade, noticed.Of(trade), now, context.screen, listing);
    }
  });
  SortForList(options.sort, sorted);
  for (const LedgerTrade& trade : sorted) {
    AddToListing(options, trade, noticed.Of(trade), now, context.screen, listing);
  }
  if (!options.sort.empty()) {
    std::reverse(listing.trades.begin(), listing.trades.end());
    std::ranges::reverse(listing.ids);
  }
  const std::vector<LedgerTrade> pending = context.ledger.Pending();
  const std::vector<Warning> exceeded = CheckLimits(context, listing.unsettled);
  const size_t requests = context.ledger.PendingRequests().size();
  const int code = exceeded.empty() && !listing.any_warned ? kAllWell : kWarned;
  if (context.screen.json()) {
    context.screen.PrintJson(JsonOf(std::move(listing), pending, exceeded, requests));
  } else if (context.screen.names()) {
    for (const std::string& id : listing.ids) context.screen.Print(id + "\n");
  } else {
    PrintListing(context, options, listing, pending, exceeded, requests);
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
  list->add_flag("--all", options->all, "Those that are done, too");
  list->add_option("--shop", options->shop, "Only those at this shop");
  list->add_option("--since", options->since,
                   "Only those ordered since: 2026-11-22, 2026-11-22T18:00:00Z, 3d or 12h ago");
  list->add_option("--state", options->state,
                   "Only those whose order, payment or delivery is in it: IN_TRANSIT, CAPTURED …");
  list->add_option("--sort", options->sort,
                   "By date (the latest first), total, owed (the most first), reference or shop")
      ->check(CLI::IsMember({"date", "total", "owed", "reference", "shop"}));
  list->add_option("--limit", options->limit, "At most so many of each group, the latest")
      ->check(CLI::Range(1, 1'000'000));
  list->callback(
      [=, &chosen] { chosen = [=](Context& context) { return ShowList(context, *options); }; });
}

}  // namespace tallystick
