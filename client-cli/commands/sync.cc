// tally sync: find out what became of orders that were sent, and ask about all open trades.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/check.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/placing.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {
namespace {

struct SyncCounts {
  int asked = 0;
  int completed = 0;
  int warned = 0;
  int partial = 0;
  int pending = 0;
};

// Sends again what is pending at every shop; gives how many are still unknown.
int ResolvePending(Context& context) {
  int pending = 0;
  for (const Profile& profile : context.ledger.Profiles()) {
    absl::StatusOr<Shop> shop = context.OpenShop(profile.name);
    if (!shop.ok()) continue;
    const PlacingResult result = SendPending(context, *shop);
    pending += result.pending;
    if (!result.failure.ok()) {
      context.screen.Say(
          absl::StrCat("tally: ", profile.name, ": ", Printable(result.failure.message())));
    }
  }
  return pending;
}

int Sync(Context& context, bool all) {
  SyncCounts counts;
  counts.pending = ResolvePending(context);
  std::vector<LedgerTrade> trades;
  const std::map<int64_t, int> warned = context.ledger.OpenWarningCounts();
  for (LedgerTrade& trade : context.ledger.Trades()) {
    if (trade.placement != Placement::kPlaced) continue;
    // A trade that has ended and matched is not asked about again.
    if (all || !HasEnded(trade) || warned.contains(trade.key)) trades.push_back(std::move(trade));
  }
  const auto checked = CheckTrades(context, std::move(trades), true);
  if (!checked.ok()) return Report(context, checked.status());
  Json changed = Json::array();
  for (const CheckedTrade& trade : *checked) {
    ++counts.asked;
    if (trade.trade.order && trade.trade.order->state == OrderState::kCompleted) {
      ++counts.completed;
    }
    if (!trade.warnings.empty()) ++counts.warned;
    if (!trade.unreachable.empty()) ++counts.partial;
    if (context.screen.json()) {
      if (!trade.warnings.empty() || !trade.unreachable.empty()) changed.push_back(ToJson(trade));
    } else if (!trade.warnings.empty()) {
      context.screen.Print(absl::StrCat(trade.trade.information->contents.trading_id.ToString(),
                                        "\n", WarningText(context.screen, trade.warnings)));
    }
  }
  if (context.screen.json()) {
    context.screen.PrintJson(Json{{"asked", counts.asked},
                                  {"completed", counts.completed},
                                  {"warned", counts.warned},
                                  {"partial", counts.partial},
                                  {"unknown", counts.pending},
                                  {"trades", changed}});
  } else {
    context.screen.Print(absl::StrCat(counts.asked, " trades asked, ", counts.completed,
                                      " completed, ", counts.warned, " with warnings, ",
                                      counts.partial, " with an answer missing\n"));
  }
  const int code = ExitCodeOf(*checked);
  return code == kAllWell && counts.pending > 0 ? static_cast<int>(kUnreachable) : code;
}

}  // namespace

void AddSyncCommand(CLI::App& app, Action& chosen) {
  auto all = std::make_shared<bool>(false);
  CLI::App* sync = app.add_subcommand("sync", "Ask about all open trades and compare");
  sync->add_flag("--all", *all, "Also about trades that have ended");
  sync->callback([=, &chosen] { chosen = [=](Context& context) { return Sync(context, *all); }; });
}

}  // namespace tallystick
