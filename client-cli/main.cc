// tally: the buyer's command line client.
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "client-cli/commands/command.h"
#include "platform/process/version.h"

namespace {

constexpr char kDescription[] =
    "The buyer's half of the tally: order, then see for yourself that what was ordered, what was "
    "paid and what was delivered agree.";
constexpr char kFooter[] =
    "Exit codes: 0 all well; 1 failed; 2 usage; 3 the check raised warnings; 4 a service could not "
    "be reached or an outcome is unknown; 5 not allowed.\n"
    "The ledger is $TALLY_LEDGER, else $XDG_DATA_HOME/tallystick/ledger.db.";

void AddGlobalOptions(CLI::App& app, tallystick::GlobalOptions& options) {
  app.add_option("-o,--output", options.output, "table or json")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_flag("--no-color", options.no_color, "No colour and no animation");
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
  const auto add = [&app](const char* flag, const char* variable, auto& value, const char* help) {
    app.add_option(flag, value, help)
        ->envname(variable)
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str()
        ->group("Patience of the check, in milliseconds");
  };
  add("--report-delay-ms", "TALLY_REPORT_DELAY_MS", options.report_delay_ms,
      "A report between servers may take this long (WORD-1)");
  add("--unknown-grace-ms", "TALLY_UNKNOWN_GRACE_MS", options.unknown_grace_ms,
      "A service may not know a new trade for this long (ID-3)");
  add("--clock-skew-ms", "TALLY_CLOCK_SKEW_MS", options.clock_skew_ms,
      "Clocks may differ by this much");
  add("--refund-grace-ms", "TALLY_REFUND_GRACE_MS", options.refund_grace_ms,
      "Money that comes back may take this long (MONEY-4, MONEY-5)");
  add("--overdue-grace-ms", "TALLY_OVERDUE_GRACE_MS", options.overdue_grace_ms,
      "Planned dates may be missed by this much (DATE-4)");
  add("--stall-limit-ms", "TALLY_STALL_LIMIT_MS", options.stall_limit_ms,
      "An order or a payment may stand still for this long (DATE-5)");
  add("--return-limit-ms", "TALLY_RETURN_LIMIT_MS", options.return_limit_ms,
      "A return may be under way for this long (DATE-5)");
  add("--net-30-period-ms", "TALLY_NET_30_PERIOD_MS", options.net_30_period_ms,
      "What NET_30 means: from a shipment's arrival to its payment (MONEY-7)");
  add("--recheck-ended-ms", "TALLY_RECHECK_ENDED_MS", options.recheck_ended_ms,
      "sync asks again about a trade that has ended after this long; 0 is never");
  add("--twice-window-ms", "TALLY_TWICE_WINDOW_MS", options.twice_window_ms,
      "The same order within this time is asked about (TWICE-1)");
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tallystick;
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::signal(SIGPIPE, SIG_IGN);
  // What fails, tally says itself.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  CLI::App app(kDescription, "tally");
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("tally ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  GlobalOptions options;
  AddGlobalOptions(app, options);
  Action action;
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
  AddOpsCommands(app, action);
  AddCompletionCommand(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kAllWell : kUsage;
  }
  try {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(Ledger::DefaultPath());
    if (!ledger.ok()) {
      std::fprintf(stderr, "tally: %s\n", std::string(ledger.status().message()).c_str());
      return kFailed;
    }
    Context context{options, **ledger, Screen(options.output == "json", options.no_color)};
    return action(context);
  } catch (const OutcomeUnknown& error) {
    std::fprintf(stderr,
                 "tally: the ledger failed while an answer was written down: %s\n"
                 "What was sent stands in it as sent; tally sync finds out what became of it.\n",
                 error.what());
    return kUnreachable;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tally: the ledger failed: %s\n", error.what());
    return kFailed;
  }
}
