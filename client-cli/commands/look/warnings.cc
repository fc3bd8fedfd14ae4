// tally warnings: what the check has found, and that somebody has taken note of it.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/look/look.h"
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

}  // namespace

int ShowWarnings(Context& context, bool all, const std::string& trade) {
  int64_t trade_key = 0;
  if (!trade.empty()) {
    const absl::StatusOr<LedgerTrade> found = context.FindTrade(trade);
    if (!found.ok()) return Report(context, found.status());
    trade_key = found->key;
  }
  Table table({{"ID", true},
               {"STATE"},
               {"RULE"},
               {"SEVERITY"},
               {"TRADE"},
               {"SINCE", false, true},
               {"WHAT", false, true}});
  Json json = Json::array();
  bool any_open = false;
  for (const KeptWarning& kept : context.ledger.Warnings(trade_key)) {
    if (kept.resolve_time && !all) continue;
    const std::string state = StateOf(kept);
    any_open = any_open || state == "open";
    const std::string id = kept.trading_id.ToString();
    table.Add({absl::StrCat(kept.id), state, kept.warning.rule, ToString(kept.warning.severity), id,
               LocalTime(kept.first_seen), kept.warning.sentence});
    Json entry = ToJson(kept.warning);
    entry["id"] = kept.id;
    entry["trading_id"] = id;
    entry["state"] = state;
    entry["first_seen"] = TimeText(kept.first_seen);
    entry["last_seen"] = TimeText(kept.last_seen);
    entry["acknowledge_time"] = TimeOrNull(kept.acknowledge_time);
    entry["resolve_time"] = TimeOrNull(kept.resolve_time);
    json.push_back(std::move(entry));
  }
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"warnings", json}});
  } else if (json.empty()) {
    context.screen.Say("no warnings");
  } else {
    context.screen.Print(table);
  }
  return any_open ? kWarned : kAllWell;
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
