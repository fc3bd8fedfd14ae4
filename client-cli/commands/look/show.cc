// tally show: all that the ledger holds about one trade. Asks the services only for changes that
// went by unobserved, and not even for them with --offline.
#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/trade_text.h"
#include "client-cli/remote/watch.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

constexpr int kRoomForMillis = 100;
constexpr int kNameWidth = 12;  // of what stands before a value

Json ShowJson(const LedgerTrade& trade, const std::vector<Observation>& observations,
              const std::vector<KeptWarning>& warnings) {
  Json json{{"trading_id", trade.information->contents.trading_id.ToString()},
            {"shop", trade.profile},
            {"request_id", trade.request_id.ToString()},
            {"contents", ToJson(trade.information->contents)},
            {"contents_digest", absl::BytesToHexString(trade.information->contents_digest)},
            {"services", ToJson(trade.information->services)}};
  PutStatuses(trade, json);
  json["in_doubt"] = NamesJson(Doubts(warnings));
  json["observations"] = Json::array();
  for (const Observation& observation : observations) {
    json["observations"].push_back({{"observe_time", TimeText(observation.observe_time)},
                                    {"service", observation.service},
                                    {"state", observation.state},
                                    {"revision", observation.revision},
                                    {"update_time", TimeText(observation.update_time)}});
  }
  json["warnings"] = Json::array();
  for (const KeptWarning& kept : warnings) {
    Json warning = ToJson(kept.warning);
    warning["first_seen"] = TimeText(kept.first_seen);
    warning["last_seen"] = TimeText(kept.last_seen);
    warning["acknowledge_time"] = TimeOrNull(kept.acknowledge_time);
    warning["resolve_time"] = TimeOrNull(kept.resolve_time);
    json["warnings"].push_back(std::move(warning));
  }
  return json;
}

void PrintContents(const Context& context, const LedgerTrade& trade) {
  const OrderContents& contents = trade.information->contents;
  const auto row = [&](const std::string& name, const std::string& value) {
    context.screen.Print(Titled(name, value, context.screen.width(), kNameWidth));
  };
  row("Trade", context.screen.Paint(contents.trading_id.ToString(), Color::kStrong));
  if (!contents.buyer_reference.empty()) row("Reference", Printable(contents.buyer_reference));
  row("Shop", Printable(trade.profile));
  row("Ordered", LocalTime(contents.order_time));
  row("Promised", LocalTime(contents.promised_delivery_time));
  row("To", Printable(absl::StrJoin(contents.ship_to.lines, "; ")));
  row("Terms", ToString(contents.terms));
  row("Total", FormatMoney({contents.currency, contents.total}));
  context.screen.Print("\n");
  Table lines({{"SKU"},
               {"NAME", false, true},
               {"ORDERED", true},
               {"SENT", true},
               {"DELIVERED", true},
               {"RETURNED", true},
               {"AMOUNT", true}});
  for (const ContentsLine& line : contents.lines) {
    std::string sent = "-";
    std::string delivered = "-";
    std::string returned = "-";
    if (trade.delivery) {
      for (const DeliveryLine& counted : trade.delivery->lines) {
        if (counted.sku != line.sku) continue;
        sent = absl::StrCat(counted.dispatched);
        delivered = absl::StrCat(counted.delivered);
        returned = absl::StrCat(counted.returned);
      }
    }
    lines.Add({line.sku, line.name, absl::StrCat(line.quantity), sent, delivered, returned,
               FormatMoney({contents.currency, line.GrossAmount()})});
  }
  context.screen.Print(lines);
}

void PrintTimeline(const Context& context, const std::vector<Observation>& observations) {
  if (observations.empty()) return;
  Table table({{"CHANGED", false, true},
               {"SERVICE"},
               {"STATE"},
               {"REVISION", true},
               {"SEEN", false, true}});
  // Milliseconds where there is room for them.
  const int width = context.screen.width();
  const auto time_text = width > 0 && width < kRoomForMillis ? LocalTime : PreciseTime;
  for (const Observation& observation : observations) {
    table.Add({time_text(observation.update_time), observation.service, observation.state,
               absl::StrCat(observation.revision), time_text(observation.observe_time)});
  }
  context.screen.Print("\n");
  context.screen.Print(table);
}

// The changes between two observations, from the services' own histories, as far as they answer.
void FillIn(Context& context, const LedgerTrade& trade) {
  absl::StatusOr<Shop> shop = context.OpenShop(trade.profile);
  if (!shop.ok()) return;
  const absl::Time now = SystemNow();
  const auto fill_in = [&]<typename Status>(Side side, const std::optional<Status>&) {
    const auto gap = context.ledger.MissingRevisions(trade.key, side);
    if (!gap) return;
    context.ledger.FillIn(trade.key, ReadChanges<Status>(*shop, trade, gap->first, gap->second),
                          now);
  };
  ForEachSide(fill_in, trade);
}

// Where the last look found that a service does not stand by what the ledger holds of it.
RowNotes NotesOf(const LedgerTrade& trade, const std::vector<KeptWarning>& warnings) {
  const PerSide<bool> doubted = Doubts(warnings);
  RowNotes notes;
  for (const Side side : kSides) {
    if (!doubted[side]) continue;
    notes[side] = absl::StrCat("in doubt, see below; as of ", LocalTime(trade.seen[side]));
  }
  return notes;
}

int Show(Context& context, const std::string& prefix, bool offline) {
  const absl::StatusOr<LedgerTrade> trade = context.FindTrade(prefix);
  if (!trade.ok()) return Report(context, trade.status());
  if (!offline) FillIn(context, *trade);
  const std::vector<Observation> observations = context.ledger.Observations(trade->key);
  const std::vector<KeptWarning> warnings = context.ledger.Warnings(trade->key);
  const bool open_warning = std::any_of(warnings.begin(), warnings.end(), [](const auto& kept) {
    return !kept.resolve_time && !kept.acknowledge_time;
  });
  const int code = open_warning ? kWarned : kAllWell;
  if (context.screen.json()) {
    context.screen.PrintJson(ShowJson(*trade, observations, warnings));
    return code;
  }
  PrintContents(context, *trade);
  context.screen.Print("\n");
  context.screen.Print(StatusText(context.screen, *trade, NotesOf(*trade, warnings)));
  context.screen.Print(DetailText(context.screen, *trade));
  PrintTimeline(context, observations);
  std::vector<Warning> open;
  std::vector<bool> acknowledged;
  for (const KeptWarning& kept : warnings) {
    if (kept.resolve_time) continue;
    open.push_back(kept.warning);
    acknowledged.push_back(kept.acknowledge_time.has_value());
  }
  if (!open.empty()) context.screen.Print("\n");
  context.screen.Print(WarningText(context.screen, open, acknowledged));
  return code;
}

}  // namespace

void AddShowCommand(CLI::App& app, Action& chosen) {
  auto prefix = std::make_shared<std::string>();
  CLI::App* show = app.add_subcommand("show", "All that the ledger holds about a trade");
  show->add_option("trade", *prefix, "Trading id or a unique prefix of it")->required();
  auto offline = std::make_shared<bool>(false);
  show->add_flag("--offline", *offline, "Ask nobody, not even for changes that were missed");
  show->callback([=, &chosen] {
    chosen = [=](Context& context) { return Show(context, *prefix, *offline); };
  });
}

}  // namespace tallystick
