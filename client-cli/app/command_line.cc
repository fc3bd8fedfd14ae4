#include "client-cli/app/command_line.h"

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client-cli/app/help.h"
#include "client-cli/app/man.h"
#include "client-cli/commands/usage.h"
#include "platform/process/version.h"

namespace tallystick {
namespace {

constexpr char kDescription[] =
    "The buyer's half of the tally: order, then see for yourself that what was ordered, what was "
    "paid and what was delivered agree.";
constexpr char kFooter[] =
    "Exit codes: 0 all well; 1 failed; 2 usage; 3 the check raised warnings; 4 a service could not "
    "be reached or an outcome is unknown; 5 not allowed.\n"
    "The ledger is $TALLY_LEDGER, else $XDG_DATA_HOME/tallystick/ledger.db.\n"
    "Settings are in $XDG_CONFIG_HOME/tallystick/config.toml, else "
    "~/.config/tallystick/config.toml:\n"
    "  shop = \"demo\"                            as --profile\n"
    "  output = \"wide\"                          as --output\n"
    "  address = \"Ann; Street 1; 12345 City\"    of an order, as --to\n"
    "  terms = \"NET_30\"                         of an order, as --terms\n"
    "  delivery = \"express\"                     of an order, as --option\n"
    "Environment variables and options come before them.";

void AddGlobalOptions(CLI::App& app, GlobalOptions& options) {
  app.add_option("-o,--output", options.output,
                 "table, wide (with ids), name (ids alone, of list), json, yaml, or csv (of list, "
                 "track, warnings and products)")
      ->check(CLI::IsMember({"table", "wide", "name", "json", "yaml", "csv"}));
  app.add_flag("--no-color", options.no_color, "No colour and no animation");
  app.add_flag("--no-pager", options.no_pager,
               "Do not show by $PAGER what is longer than the terminal");
  app.add_flag("-q,--quiet", options.quiet,
               "Say nothing of how far a long command is, and of what is waited for");
  app.add_flag(
      "-v,--verbose", options.verbose,
      "Say by which trace id the servers' logs tell of the calls, and of a failure what the "
      "programs that know of it call it");
  app.add_option("--profile", options.profile, "The shop to use")->envname("TALLY_PROFILE");
  app.add_option("--timeout-ms", options.timeout_ms, "Deadline of each call")
      ->envname("TALLY_TIMEOUT_MS")
      ->check(CLI::Range(1, 600'000))
      ->capture_default_str();
  app.add_option(
         "--retry-budget-ms", options.retry_budget_ms,
         "How long one batch or list may wait in all for a server that says when to come back")
      ->envname("TALLY_RETRY_BUDGET_MS")
      ->check(CLI::Range(0, 86'400'000))
      ->capture_default_str();
  const auto add = [&app](const std::string& name, absl::Duration& value, const std::string& help) {
    app.add_option_function<int64_t>(
           "--" + name, [&value](const int64_t& millis) { value = absl::Milliseconds(millis); },
           help)
        ->envname("TALLY_" + absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{"-", "_"}})))
        ->check(CLI::NonNegativeNumber)
        ->default_str(absl::StrCat(absl::ToInt64Milliseconds(value)))
        ->group("Patience of the check, in milliseconds");
  };
  MatchSettings& check = options.check;
  add("report-delay-ms", check.report_delay,
      "A report between servers may take this long (WORD-1)");
  add("unknown-grace-ms", check.unknown_grace,
      "A service may not know a new trade for this long (ID-3)");
  add("clock-skew-ms", check.clock_skew, "Clocks may differ by this much");
  add("refund-grace-ms", check.refund_grace,
      "Money that comes back may take this long (MONEY-4, MONEY-5)");
  add("overdue-grace-ms", check.overdue_grace, "Planned dates may be missed by this much (DATE-4)");
  add("stall-limit-ms", check.stall_limit,
      "An order or a payment may stand still for this long (DATE-5)");
  add("return-limit-ms", check.return_limit, "A return may be under way for this long (DATE-5)");
  for (auto& [terms, period] : check.periods) {
    add(PeriodSetting(terms), period,
        absl::StrCat("What ", ToString(terms),
                     " means: from a shipment's arrival to its payment (MONEY-7)"));
  }
  add("recheck-ended-ms", options.recheck_ended,
      "sync asks again about a trade that has ended after this long; 0 is never");
  add("twice-window-ms", options.twice_window,
      "The same order within this time is asked about (TWICE-1)");
}

void AddCommands(CLI::App& app, Action& action, PlainAction& plain) {
  AddShopCommands(app, action);
  AddProductsCommand(app, action);
  AddOrderCommand(app, action);
  AddDropCommand(app, action);
  AddTrackCommand(app, action);
  AddSyncCommand(app, action);
  AddListCommand(app, action);
  AddShowCommand(app, action);
  AddCancelCommand(app, action);
  AddReturnCommand(app, action);
  AddReorderCommand(app, action);
  AddLimitCommands(app, action);
  AddWarningsCommands(app, action);
  AddExportCommand(app, action);
  AddReportCommand(app, action);
  AddOpsCommands(app, action);
  AddMcpCommand(app, action);
  AddCompletionCommand(app, plain);
  AddManCommand(app, plain);
  GroupCommands(app);
  app.get_subcommand("list")->alias("ls");
  app.get_subcommand("track")->alias("status");
}

// -o csv of anything else would print nothing.
void CheckHasRows(const CLI::App& app, const GlobalOptions& options) {
  if (options.output != "csv") return;
  for (const char* name : {"list", "track", "warnings", "products"}) {
    if (app.got_subcommand(name)) return;
  }
  throw CLI::ValidationError("-o csv",
                             "is of list, track, warnings and products; export has it, too");
}

}  // namespace

CommandLine::CommandLine(int help_width) : app(kDescription, "tally") {
  app.formatter(std::make_shared<HelpFormatter>(help_width));
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("tally ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  AddGlobalOptions(app, options);
  AddCommands(app, action, plain);
  app.callback([this] { CheckHasRows(app, options); });
}

}  // namespace tallystick
