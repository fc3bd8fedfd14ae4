// tally warnings: what the check has found, and that somebody has taken note of it.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/look/look.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

std::string StateOf(const KeptWarning& kept) {
  if (kept.resolve_time) return "resolved";
  return kept.acknowledge_time ? "acknowledged" : "open";
}

int Acknowledge(Context& context, const std::vector<int64_t>& ids) {
  int code = kAllWell;
  for (const int64_t id : ids) {
    if (context.ledger.Acknowledge(id, SystemNow())) {
      context.screen.Say(absl::StrCat("warning ", id, " is acknowledged"));
    } else {
      code = Report(
          context, absl::NotFoundError(absl::StrCat("no open warning has the number ", id,
                                                    ": tally warnings lists those that are open")));
    }
  }
  return code;
}

Json JsonOf(const std::vector<KeptWarning>& warnings, const std::vector<Warning>& limits) {
  Json json{{"warnings", Json::array()}, {"limits", Json::array()}};
  for (const KeptWarning& kept : warnings) {
    Json entry = ToJson(kept.warning);
    entry["id"] = kept.id;
    entry["trading_id"] = kept.trading_id.ToString();
    entry["state"] = StateOf(kept);
    entry["first_seen"] = TimeText(kept.first_seen);
    entry["last_seen"] = TimeText(kept.last_seen);
    entry["acknowledge_time"] = TimeOrNull(kept.acknowledge_time);
    entry["resolve_time"] = TimeOrNull(kept.resolve_time);
    json["warnings"].push_back(std::move(entry));
  }
  for (const Warning& limit : limits) json["limits"].push_back(ToJson(limit));
  return json;
}

Table TableOf(const std::vector<KeptWarning>& warnings) {
  Table table({{"ID", true},
               {"STATE"},
               {"RULE"},
               {"SEVERITY"},
               {"TRADE"},
               {"SINCE", false, true},
               {"WHAT", false, true}});
  for (const KeptWarning& kept : warnings) {
    table.Add({absl::StrCat(kept.id), StateOf(kept), kept.warning.rule,
               ToString(kept.warning.severity), kept.trading_id.ToString(),
               LocalTime(kept.first_seen), kept.warning.sentence});
  }
  return table;
}

// Two lines or more each: a sentence has no room in a column of a terminal.
std::string BlocksOf(Context& context, const std::vector<KeptWarning>& warnings) {
  std::string text;
  const absl::Time now = SystemNow();
  const int width = context.screen.width();
  for (const KeptWarning& kept : warnings) {
    const absl::StatusOr<LedgerTrade> trade = context.ledger.FindByKey(kept.trade_key);
    const std::string reference =
        trade.ok() ? Printable(trade->information->contents.buyer_reference) : "";
    const std::string title = absl::StrCat("[", kept.id, "] ", kept.warning.rule);
    const std::string about = absl::StrCat(
        "#", kept.trade_key, reference.empty() ? "" : " ", reference, " · ", StateOf(kept), ", ",
        ToString(kept.warning.severity), ", found ", AgoWords(kept.first_seen, now));
    const bool fits = width == 0 || DisplayWidth(title) + 2 + DisplayWidth(about) <= width;
    absl::StrAppend(
        &text, context.screen.Paint(title, StateOf(kept) == "open" ? Color::kBad : Color::kFaint),
        fits ? absl::StrCat("  ", about, "\n") : absl::StrCat("\n", Wrapped(about, width, 4)),
        Wrapped(Printable(kept.warning.sentence), width, 4));
  }
  return text;
}

}  // namespace

int ShowWarnings(Context& context, bool all, const std::string& trade) {
  int64_t trade_key = 0;
  if (!trade.empty()) {
    const absl::StatusOr<LedgerTrade> found = context.FindTrade(trade);
    if (!found.ok()) return Report(context, found.status());
    trade_key = found->key;
  }
  std::vector<KeptWarning> shown = context.ledger.Warnings(trade_key);
  if (!all) std::erase_if(shown, [](const KeptWarning& kept) { return kept.resolve_time; });
  std::vector<Warning> limits;
  if (trade.empty()) limits = CheckLimits(context, UnsettledTotals(context));
  if (context.screen.json()) {
    context.screen.PrintJson(JsonOf(shown, limits));
  } else if (shown.empty() && limits.empty()) {
    context.screen.Say("no warnings");
  } else {
    const bool narrow = context.screen.width() > 0 && !context.screen.wide();
    if (narrow) context.screen.Print(BlocksOf(context, shown));
    if (!narrow && !shown.empty()) context.screen.Print(TableOf(shown));
    context.screen.Print(WarningText(context.screen, limits));
  }
  const bool any_open =
      std::ranges::any_of(shown, [](const KeptWarning& kept) { return StateOf(kept) == "open"; });
  return any_open || !limits.empty() ? kWarned : kAllWell;
}

void AddWarningsCommands(CLI::App& app, Action& chosen) {
  auto all = std::make_shared<bool>(false);
  auto prefix = std::make_shared<std::string>();
  CLI::App* warnings = app.add_subcommand("warnings", "What the check has found");
  warnings->add_flag("--all", *all, "Also those that no longer hold");
  warnings->add_option("--trade", *prefix, "Only of this trade");
  auto ids = std::make_shared<std::vector<int64_t>>();
  CLI::App* acknowledge = warnings->add_subcommand(
      "ack", "Take note of warnings: they are shown, but no longer change the exit code");
  acknowledge->add_option("ids", *ids, "Their numbers")->required();
  acknowledge->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Acknowledge(context, *ids); }; });
  warnings->callback([=, &chosen] {
    if (!warnings->get_subcommands().empty()) return;
    chosen = [=](Context& context) { return ShowWarnings(context, *all, *prefix); };
  });
}

}  // namespace tallystick
