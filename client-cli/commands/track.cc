// tally track: ask the three services about trades, now or until they have ended.
#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client-cli/commands/check.h"
#include "client-cli/commands/command.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {
namespace {

struct TrackOptions {
  std::vector<std::string> trades;
  bool watch = false;
  int interval_ms = 500;
};

std::string TradeText(const Screen& screen, const CheckedTrade& checked) {
  const OrderContents& contents = checked.trade.information->contents;
  std::string text = absl::StrCat(
      "Trade ", screen.Paint(contents.trading_id.ToString(), Color::kStrong),
      contents.buyer_reference.empty() ? "" : "  ", Printable(contents.buyer_reference), "  ",
      FormatMoney({contents.currency, contents.total}), "\n", StatusText(screen, checked.trade));
  for (const std::string& service : checked.unreachable) {
    absl::StrAppend(
        &text, screen.Paint(absl::StrCat("? no answer from ", Printable(service)), Color::kBad),
        "\n");
  }
  absl::StrAppend(&text, WarningText(screen, checked.warnings));
  if (checked.complete && checked.warnings.empty()) {
    absl::StrAppend(&text, screen.Paint("The three halves match.", Color::kGood), "\n");
  }
  return text;
}

// Draws all trades; in place when the terminal allows. Gives the number of lines drawn.
int Draw(const Context& context, const std::vector<CheckedTrade>& checked, int drawn_before) {
  std::string text;
  for (const CheckedTrade& trade : checked) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", TradeText(context.screen, trade));
  }
  context.screen.ClearLines(drawn_before);
  context.screen.Print(text);
  return static_cast<int>(std::count(text.begin(), text.end(), '\n'));
}

// What makes a new line of a watch worth printing.
std::string Fingerprint(const CheckedTrade& checked) {
  std::string print;
  for (const auto& revision : {checked.trade.order ? checked.trade.order->revision : 0,
                               checked.trade.payment ? checked.trade.payment->revision : 0,
                               checked.trade.delivery ? checked.trade.delivery->revision : 0}) {
    absl::StrAppend(&print, revision, "/");
  }
  for (const Warning& warning : checked.warnings) absl::StrAppend(&print, warning.rule, " ");
  absl::StrAppend(&print, checked.unreachable.size());
  return print;
}

absl::StatusOr<std::vector<LedgerTrade>> FindTrades(Context& context,
                                                    const std::vector<std::string>& prefixes) {
  std::vector<LedgerTrade> trades;
  for (const std::string& prefix : prefixes) {
    absl::StatusOr<LedgerTrade> trade = context.ledger.FindByPrefix(prefix);
    if (!trade.ok()) return trade.status();
    trades.push_back(*std::move(trade));
  }
  return trades;
}

int Track(Context& context, const TrackOptions& options) {
  absl::StatusOr<std::vector<LedgerTrade>> trades = FindTrades(context, options.trades);
  if (!trades.ok()) return Report(context, trades.status());
  std::map<std::string, std::string> shown;
  int drawn = 0;
  while (true) {
    std::vector<CheckedTrade> checked = CheckTrades(context, *std::move(trades), false);
    bool changed = false;
    bool all_ended = true;
    for (const CheckedTrade& trade : checked) {
      std::string& before = shown[trade.trade.information->contents.trading_id.ToString()];
      const std::string now = Fingerprint(trade);
      if (before != now && context.screen.json()) context.screen.PrintJson(ToJson(trade));
      changed = changed || before != now;
      before = now;
      all_ended = all_ended && HasEnded(trade.trade);
    }
    if (changed && !context.screen.json()) drawn = Draw(context, checked, drawn);
    if (!options.watch || all_ended) return ExitCodeOf(checked);
    // The pace of asking, not a wait for something to be done.
    absl::SleepFor(absl::Milliseconds(options.interval_ms));
    trades = std::vector<LedgerTrade>();
    for (CheckedTrade& trade : checked) trades->push_back(std::move(trade.trade));
  }
}

}  // namespace

void AddTrackCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<TrackOptions>();
  CLI::App* track = app.add_subcommand("track", "Ask the three services about trades and compare");
  track->add_option("trades", options->trades, "Trading ids or unique prefixes of them")
      ->required();
  track->add_flag("--watch", options->watch, "Go on until the trades have ended");
  track->add_option("--interval-ms", options->interval_ms, "How often --watch asks")
      ->check(CLI::Range(50, 3'600'000))
      ->capture_default_str();
  track->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Track(context, *options); }; });
}

}  // namespace tallystick
