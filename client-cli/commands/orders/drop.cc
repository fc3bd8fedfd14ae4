// tally drop: give up an order, or requests about a trade, that have had no answer.
#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/orders/placing.h"

namespace tallystick {
namespace {

// What was asked of a placed trade, and has had no answer. Nullopt when there is no such thing.
std::optional<int> DropRequests(Context& context, const std::string& name, bool even_if_placed) {
  const absl::StatusOr<LedgerTrade> trade = context.ledger.Find(name, context.options.profile);
  if (!trade.ok()) return std::nullopt;
  const std::vector<TradeRequest> pending = context.ledger.PendingRequests();
  const auto count =
      std::count_if(pending.begin(), pending.end(),
                    [&](const TradeRequest& request) { return request.trade_key == trade->key; });
  if (count == 0) return std::nullopt;
  if (!even_if_placed) {
    return Report(context, absl::FailedPreconditionError(absl::StrCat(
                               count,
                               " requests about this trade have had no answer, and the shop "
                               "may have agreed to them: tally sync finds out. --even-if-placed "
                               "gives them up all the same")));
  }
  const int dropped = context.ledger.DropRequests(trade->key);
  if (context.screen.json()) {
    context.screen.PrintJson(
        Json{{"trading_id", trade->information->contents.trading_id.ToString()},
             {"requests_dropped", dropped}});
  }
  context.screen.Say(absl::StrCat(dropped, " requests about the trade are dropped"));
  return kAllWell;
}

int Drop(Context& context, const std::string& name, bool even_if_placed) {
  const absl::StatusOr<LedgerTrade> trade =
      context.ledger.FindPending(name, context.options.profile);
  if (!trade.ok()) {
    const std::optional<int> requests = DropRequests(context, name, even_if_placed);
    return requests ? *requests : Report(context, trade.status());
  }
  const absl::Status dropped = context.ledger.Drop(*trade, even_if_placed);
  if (!dropped.ok()) return Report(context, dropped);
  if (context.screen.json()) context.screen.PrintJson(PendingJson(*trade));
  context.screen.Say(absl::StrCat(PendingText(*trade), "; it is dropped"));
  if (trade->sendings > 0) {
    context.screen.Say(
        "If the shop accepted it, it delivers it and wants to be paid: tally sync --rebuild takes "
        "it into the ledger then.");
  }
  return kAllWell;
}

}  // namespace

void AddDropCommand(CLI::App& app, Action& chosen) {
  CLI::App* drop = app.add_subcommand("drop", "Give up what has had no answer");
  auto name = std::make_shared<std::string>();
  drop->add_option(
          "order", *name,
          "An order's reference, or a unique prefix of its request id; or a trade, to give "
          "up what was asked of it")
      ->required();
  auto even_if_placed = std::make_shared<bool>(false);
  drop->add_flag("--even-if-placed", *even_if_placed,
                 "Also if the shop may have accepted it, and may deliver it all the same");
  drop->callback([=, &chosen] {
    chosen = [=](Context& context) { return Drop(context, *name, *even_if_placed); };
  });
}

}  // namespace tallystick
