// tally track: ask the three services about trades, now, at a time, or until they have ended.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/check/check.h"
#include "client-cli/commands/check/track_text.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/picture.h"
#include "client-cli/output/trade_text.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

struct TrackOptions {
  std::vector<std::string> trades;
  bool watch = false;
  bool explain = false;
  std::string at;
};

int Track(Context& context, const TrackOptions& options) {
  absl::StatusOr<std::vector<LedgerTrade>> trades = context.FindTrades(options.trades);
  if (!trades.ok()) return Report(context, trades.status());
  if (!options.at.empty()) {
    return TrackAt(context, *std::move(trades), options.at, options.explain);
  }
  if (options.watch) return TrackWatch(context, *std::move(trades), options.explain);
  const std::vector<CheckedTrade> checked = CheckTrades(context, *std::move(trades));
  if (context.screen.json()) {
    for (const CheckedTrade& trade : checked) context.screen.PrintJson(ToJson(trade));
  } else {
    Draw(context, checked, options.explain, 0);
  }
  return ExitCodeOf(checked);
}

// What `tally warnings ack` calls each of the warnings; 0 for one that the ledger does not keep.
std::vector<int64_t> NumbersOf(Ledger& ledger, const CheckedTrade& checked) {
  const std::vector<KeptWarning> kept = ledger.UnresolvedWarnings(checked.trade.key);
  std::vector<int64_t> numbers;
  for (const Warning& warning : checked.warnings) {
    const auto found = std::ranges::find_if(
        kept, [&](const KeptWarning& known) { return IsSame(known.warning, warning); });
    numbers.push_back(found == kept.end() ? 0 : found->id);
  }
  return numbers;
}

}  // namespace

std::string TrackText(Context& context, const CheckedTrade& checked, bool explain) {
  const Screen& screen = context.screen;
  const absl::Time now = SystemNow();
  std::string text = absl::StrCat(PictureText(screen, checked.trade, checked.notes, now),
                                  DetailText(screen, checked.trade));
  std::string below;
  for (const std::string& service : checked.unreachable) {
    absl::StrAppend(&below,
                    screen.Paint(absl::StrCat("? no answer from ", NoAnswerWords(checked, service)),
                                 Color::kBad),
                    "\n");
    if (context.options.verbose) absl::StrAppend(&below, "  ", Printable(service), "\n");
  }
  for (const Lag& lag : checked.lags) absl::StrAppend(&below, "~ ", LagWords(lag, now), "\n");
  absl::StrAppend(&below, explain ? WarningText(screen, checked.warnings, checked.acknowledged)
                                  : FirstWarningText(screen, checked.warnings, checked.acknowledged,
                                                     NumbersOf(context.ledger, checked)));
  if (checked.complete && checked.in_step && checked.warnings.empty()) {
    absl::StrAppend(&below, screen.Paint("The three halves match.", Color::kGood), "\n");
  }
  return absl::StrCat(text, below.empty() ? "" : "\n", below);
}

int Draw(Context& context, const std::vector<CheckedTrade>& checked, bool explain,
         int drawn_before) {
  std::string text;
  for (const CheckedTrade& trade : checked) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", TrackText(context, trade, explain));
  }
  context.screen.ClearLines(drawn_before);
  context.screen.Print(text);
  return RowsOn(text, context.screen.width());
}

void AddTrackCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<TrackOptions>();
  CLI::App* track = app.add_subcommand("track", "Ask the three services about trades and compare");
  track
      ->add_option("trades", options->trades,
                   "References, numbers (#12) or beginnings of trading ids")
      ->required();
  track->add_flag("--explain", options->explain, "All warnings, and what each is about");
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
