// tally ops changes: what becomes of all trades of a service, a line a change.
#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/input/arguments.h"
#include "client-cli/output/times.h"
#include "client-cli/remote/back_office.h"
#include "client-cli/remote/change_feed.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

struct ChangesOptions {
  std::string service = ServiceOf(Side::kShopping);
  std::string since;
  std::string cursor;
  bool follow = false;
};

Json ToJson(const TradeChange& change) {
  Json json{{"trading_id", change.trading_id},
            {"revision", change.revision},
            {"time", TimeText(change.time)},
            {"buyer", change.buyer},
            {"status", nullptr}};
  std::visit(
      [&](const auto& status) {
        if constexpr (requires { status.state; }) json["status"] = ToJson(status);
      },
      change.status);
  return json;
}

std::string StateOf(const TradeChange& change) {
  return std::visit(
      [](const auto& status) -> std::string {
        if constexpr (requires { status.state; }) return std::string(ToString(status.state));
        return "cannot be read";
      },
      change.status);
}

// Each message is a line of JSON with its cursor, so that a program can go on from any.
void Show(const Context& context, const ChangeMessage& message) {
  if (context.screen.json()) {
    Json changes = Json::array();
    for (const TradeChange& change : message.changes) changes.push_back(ToJson(change));
    context.screen.PrintJson(Json{{"changes", changes}, {"cursor", message.cursor}});
    return;
  }
  std::string lines;
  for (const TradeChange& change : message.changes) {
    absl::StrAppend(&lines, PreciseTime(change.time), "  ", Printable(change.trading_id), "  ",
                    change.revision, "  ", StateOf(change), "  ", Printable(change.buyer), "\n");
  }
  context.screen.Print(lines);
}

int ShowChanges(Context& context, const ChangesOptions& options) {
  const std::optional<Side> side = SideOfService(options.service);
  ChangeStart start{options.cursor};
  if (!options.since.empty()) {
    const absl::StatusOr<absl::Time> since = ParsePast(options.since, SystemNow());
    if (!since.ok()) {
      Report(context, since.status());
      return kUsage;
    }
    start.time = *since;
  }
  absl::StatusOr<Shop> shop = context.OpenShop(context.options.profile);
  if (!shop.ok()) return Report(context, shop.status());
  const absl::StatusOr<std::string> address = BackOffice(*shop).AddressOf(*side);
  if (!address.ok()) return Report(context, address.status());
  std::string cursor;
  const absl::Status status =
      FollowChanges(*shop, *address, start, options.follow, [&](const ChangeMessage& message) {
        Show(context, message);
        cursor = Printable(message.cursor);
        return context.screen.written().ok() && (options.follow || !message.at_end);
      });
  if (!cursor.empty() && !context.screen.json()) {
    context.screen.Say(absl::StrCat("what comes after: --cursor ", cursor));
  }
  return Report(context, shop->Noted(status, *side, *address));
}

}  // namespace

void AddOpsChangesCommand(CLI::App& ops, Action& chosen) {
  auto options = std::make_shared<ChangesOptions>();
  CLI::App* changes = ops.add_subcommand("changes", "What became of all trades of one service");
  changes->add_option("service", options->service, "shopping (as it is), payment or delivery")
      ->check(CLI::IsMember({"shopping", "payment", "delivery"}));
  auto* since = changes->add_option("--since", options->since,
                                    "From this time on, \"2026-11-22 18:00\" or 2h ago; all that "
                                    "is kept, if not given");
  changes->add_option("--cursor", options->cursor, "From where an earlier run ended")
      ->excludes(since);
  changes->add_flag("--follow", options->follow, "Go on with what changes from then on");
  changes->callback(
      [=, &chosen] { chosen = [=](Context& context) { return ShowChanges(context, *options); }; });
}

}  // namespace tallystick
