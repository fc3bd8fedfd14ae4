// tally drop: give up an order that has had no answer.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/placing.h"

namespace tallystick {
namespace {

int Drop(Context& context, const std::string& name, bool even_if_placed) {
  const absl::StatusOr<LedgerTrade> trade =
      context.ledger.FindPending(name, context.options.profile);
  if (!trade.ok()) return Report(context, trade.status());
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
  CLI::App* drop = app.add_subcommand("drop", "Give up an order that has had no answer");
  auto name = std::make_shared<std::string>();
  drop->add_option("order", *name, "Its reference, or a unique prefix of its request id")
      ->required();
  auto even_if_placed = std::make_shared<bool>(false);
  drop->add_flag("--even-if-placed", *even_if_placed,
                 "Also if the shop may have accepted it, and may deliver it all the same");
  drop->callback([=, &chosen] {
    chosen = [=](Context& context) { return Drop(context, *name, *even_if_placed); };
  });
}

}  // namespace tallystick
