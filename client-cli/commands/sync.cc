// tally sync: find out what became of orders that were sent, and ask about all open trades.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/check.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/placing.h"
#include "client-cli/commands/requests.h"
#include "client-cli/output/trade_text.h"
#include "platform/runtime/clock.h"

namespace tallystick {
namespace {

// Ended trades that one sync asks about again.
constexpr size_t kMostRechecks = 500;
// Orders without an answer that are named one by one.
constexpr size_t kMostNamed = 20;

struct SyncCounts {
  int asked = 0;
  int completed = 0;
  int warned = 0;
  int partial = 0;
};

// Sends again what is pending at every shop; says what the shops refused, and what is still without
// an answer: that is `trades` of the result.
PlacingResult ResolvePending(Context& context) {
  PlacingResult all;
  const std::vector<LedgerTrade> before = context.ledger.Pending();
  for (const Profile& profile : context.ledger.Profiles()) {
    if (context.ledger.Pending(profile.name).empty()) continue;
    absl::StatusOr<Shop> shop = context.OpenShop(profile.name);
    const PlacingResult result = shop.ok() ? SendPending(context, *shop) : PlacingResult();
    const absl::Status& failure = shop.ok() ? result.failure : shop.status();
    all.placed += result.placed;
    all.refused += result.refused;
    if (!failure.ok()) {
      all.failure = failure;
      context.screen.Say(absl::StrCat("tally: ", Printable(profile.name), ": ",
                                      Printable(failure.message()), "\n", HelpText(failure)));
    }
    for (const LedgerTrade& trade : result.trades) {
      if (trade.placement != Placement::kRefused) continue;
      context.screen.Say(absl::StrCat("refused ", Printable(trade.request.reference), ": ",
                                      Printable(trade.refusal)));
    }
  }
  all.trades = context.ledger.Pending();
  // (What another run has begun to send meanwhile, that run will report.)
  std::erase_if(all.trades, [&](const LedgerTrade& trade) {
    return before.empty() || trade.key > before.back().key;
  });
  all.pending = static_cast<int>(all.trades.size());
  for (size_t i = 0; i < std::min(all.trades.size(), kMostNamed); ++i) {
    context.screen.Say(PendingText(all.trades[i]));
  }
  if (all.trades.size() > kMostNamed) {
    context.screen.Say(
        absl::StrCat("and ", all.trades.size() - kMostNamed, " more; tally list shows them all"));
  }
  return all;
}

// The worst of what was found: a warning, then what was not allowed or reached, then a refusal.
int CodeOf(const std::vector<CheckedTrade>& checked, const PlacingResult& resolved) {
  const int code = ExitCodeOf(checked);
  if (code != kAllWell) return code;
  if (resolved.pending > 0) {
    return CodeFor(resolved.failure) == kNotAllowed ? kNotAllowed : kUnreachable;
  }
  return resolved.refused > 0 ? kFailed : kAllWell;
}

// Adds what the shops list and the ledger does not have: a lost ledger is rebuilt. A shop that
// cannot be asked does not keep the others; `code` gets the worst.
int Rebuild(Context& context, int* code) {
  int added = 0;
  for (const Profile& profile : context.ledger.Profiles()) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile.name);
    const auto trades = shop.ok() ? shop->ListTrades()
                                  : absl::StatusOr<std::vector<TradingInformation>>(shop.status());
    if (!trades.ok()) {
      *code = std::max(*code, Report(context, trades.status()));
      continue;
    }
    context.ledger.InOneTransaction([&] {
      // One of the list may be such an order.
      if (!context.ledger.Pending(profile.name).empty()) {
        context.screen.Say(absl::StrCat(profile.name,
                                        ": not rebuilt while orders there are without "
                                        "an answer; sync again"));
        *code = std::max<int>(*code, kUnreachable);
        return;
      }
      for (const TradingInformation& information : *trades) {
        const absl::Status sound = CheckInformation(information);
        if (!sound.ok()) {
          context.screen.Say(absl::StrCat(profile.name, ": ",
                                          information.contents.trading_id.ToString(),
                                          " is left out: ", sound.message()));
          continue;
        }
        if (context.ledger.AddKnown(profile.name, information, SystemNow())) ++added;
      }
    });
  }
  return added;
}

int Sync(Context& context, bool all, bool rebuild) {
  SyncCounts counts;
  const PlacingResult resolved = ResolvePending(context);
  const ResentRequests requests = ResendRequests(context);
  int other_code = requests.code;
  const int rebuilt = rebuild ? Rebuild(context, &other_code) : 0;
  std::vector<LedgerTrade> trades;
  std::vector<LedgerTrade> ended;
  const absl::Time now = SystemNow();
  const absl::Duration recheck = absl::Milliseconds(context.options.recheck_ended_ms);
  const std::map<int64_t, int> warned = context.ledger.OpenWarningCounts();
  for (LedgerTrade& trade : context.ledger.Trades()) {
    if (trade.placement != Placement::kPlaced) continue;
    // A trade that has ended and matched is asked about now and then: what ended may be changed.
    if (all || !HasEnded(trade) || warned.contains(trade.key)) {
      trades.push_back(std::move(trade));
    } else if (recheck > absl::ZeroDuration() && now - trade.check_time >= recheck) {
      ended.push_back(std::move(trade));
    }
  }
  // Those first that were asked about the longest time ago.
  std::sort(ended.begin(), ended.end(),
            [](const LedgerTrade& a, const LedgerTrade& b) { return a.check_time < b.check_time; });
  if (ended.size() > kMostRechecks) ended.resize(kMostRechecks);
  std::move(ended.begin(), ended.end(), std::back_inserter(trades));
  const std::vector<CheckedTrade> checked = CheckTrades(context, std::move(trades), true);
  Json changed = Json::array();
  for (const CheckedTrade& trade : checked) {
    ++counts.asked;
    if (HasEnded(trade.trade) && trade.trade.order->state == OrderState::kCompleted) {
      ++counts.completed;
    }
    if (!trade.warnings.empty()) ++counts.warned;
    if (!trade.unreachable.empty()) ++counts.partial;
    if (context.screen.json()) {
      if (!trade.warnings.empty() || !trade.unreachable.empty()) changed.push_back(ToJson(trade));
    } else if (!trade.warnings.empty()) {
      context.screen.Print(
          absl::StrCat(trade.trade.information->contents.trading_id.ToString(), "\n",
                       WarningText(context.screen, trade.warnings, trade.acknowledged)));
    }
  }
  if (context.screen.json()) {
    Json pending = Json::array();
    for (const LedgerTrade& trade : resolved.trades) pending.push_back(PendingJson(trade));
    context.screen.PrintJson(Json{{"asked", counts.asked},
                                  {"completed", counts.completed},
                                  {"warned", counts.warned},
                                  {"partial", counts.partial},
                                  {"placed", resolved.placed},
                                  {"refused", resolved.refused},
                                  {"unknown", resolved.pending},
                                  {"pending", pending},
                                  {"requests_done", requests.done},
                                  {"requests_refused", requests.refused},
                                  {"requests_unknown", requests.pending},
                                  {"rebuilt", rebuilt},
                                  {"trades", changed}});
  } else {
    if (rebuild) context.screen.Print(absl::StrCat(rebuilt, " trades added to the ledger\n"));
    context.screen.Print(absl::StrCat(counts.asked, " trades asked, ", counts.completed,
                                      " completed, ", counts.warned, " with warnings, ",
                                      counts.partial, " with an answer missing\n"));
  }
  const int code = CodeOf(checked, resolved);
  return code == kAllWell ? other_code : code;
}

}  // namespace

void AddSyncCommand(CLI::App& app, Action& chosen) {
  auto all = std::make_shared<bool>(false);
  CLI::App* sync = app.add_subcommand("sync", "Ask about all open trades and compare");
  sync->add_flag("--all", *all, "Also about trades that have ended");
  auto rebuild = std::make_shared<bool>(false);
  sync->add_flag("--rebuild", *rebuild, "First add the trades that the shops list for you");
  sync->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Sync(context, *all, *rebuild); }; });
}

}  // namespace tallystick
