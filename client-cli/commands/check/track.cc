// tally track: ask the three services about trades, now, at a time, or until they have ended.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/check/check.h"
#include "client-cli/commands/check/track_text.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

struct TrackOptions {
  std::vector<std::string> trades;
  bool watch = false;
  std::string at;
};

int Track(Context& context, const TrackOptions& options) {
  absl::StatusOr<std::vector<LedgerTrade>> trades = context.FindTrades(options.trades);
  if (!trades.ok()) return Report(context, trades.status());
  if (!options.at.empty()) return TrackAt(context, *std::move(trades), options.at);
  if (options.watch) return TrackWatch(context, *std::move(trades));
  const std::vector<CheckedTrade> checked = CheckTrades(context, *std::move(trades));
  if (context.screen.json()) {
    for (const CheckedTrade& trade : checked) context.screen.PrintJson(ToJson(trade));
  } else {
    Draw(context, checked, 0);
  }
  return ExitCodeOf(checked);
}

}  // namespace

std::string TrackText(const Screen& screen, const CheckedTrade& checked) {
  const OrderContents& contents = checked.trade.information->contents;
  std::string text = absl::StrCat(
      "Trade ", screen.Paint(contents.trading_id.ToString(), Color::kStrong),
      contents.buyer_reference.empty() ? "" : "  ", Printable(contents.buyer_reference), "  ",
      FormatMoney({contents.currency, contents.total}), "\n",
      StatusText(screen, checked.trade, checked.notes), DetailText(screen, checked.trade));
  for (const std::string& service : checked.unreachable) {
    absl::StrAppend(
        &text, screen.Paint(absl::StrCat("? no answer from ", Printable(service)), Color::kBad),
        "\n");
  }
  for (const Lag& lag : checked.lags) {
    absl::StrAppend(&text, "~ ", LagWords(lag, SystemNow()), "\n");
  }
  absl::StrAppend(&text, WarningText(screen, checked.warnings, checked.acknowledged));
  if (checked.complete && checked.in_step && checked.warnings.empty()) {
    absl::StrAppend(&text, screen.Paint("The three halves match.", Color::kGood), "\n");
  }
  return text;
}

int Draw(const Context& context, const std::vector<CheckedTrade>& checked, int drawn_before) {
  std::string text;
  for (const CheckedTrade& trade : checked) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", TrackText(context.screen, trade));
  }
  context.screen.ClearLines(drawn_before);
  context.screen.Print(text);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

void AddTrackCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<TrackOptions>();
  CLI::App* track = app.add_subcommand("track", "Ask the three services about trades and compare");
  track->add_option("trades", options->trades, "Trading ids or unique prefixes of them")
      ->required();
  CLI::Option* watch =
      track->add_flag("--watch", options->watch, "Follow every change until the trades have ended");
  track
      ->add_option(
          "--at", options->at,
          "The status at a time: 2026-11-22T18:00:00Z, 18:00 (today) or +2h; waits for it. "
          "Interrupted, the same command later gives the snapshot of that time")
      ->excludes(watch);
  track->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Track(context, *options); }; });
}

}  // namespace tallystick
