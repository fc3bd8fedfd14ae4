// tally: the buyer's command line client.
#include <clocale>
#include <csignal>
#include <cstdio>
#include <exception>

#include "client-cli/commands/command.h"
#include "platform/runtime/version.h"

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
  app.add_option("--report-delay-ms", options.report_delay_ms,
                 "How long a report between servers may take before the check warns")
      ->envname("TALLY_REPORT_DELAY_MS")
      ->capture_default_str();
  app.add_option("--unknown-grace-ms", options.unknown_grace_ms,
                 "How long a service may not know a new trade before the check warns")
      ->envname("TALLY_UNKNOWN_GRACE_MS")
      ->capture_default_str();
  app.add_option("--clock-skew-ms", options.clock_skew_ms, "How far clocks may differ")
      ->envname("TALLY_CLOCK_SKEW_MS")
      ->capture_default_str();
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tallystick;
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::signal(SIGPIPE, SIG_IGN);
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
  AddTrackCommand(app, action);
  AddSyncCommand(app, action);
  AddListCommand(app, action);
  AddShowCommand(app, action);
  AddOpsCommands(app, action);
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
  } catch (const std::exception& error) {
    std::fprintf(stderr, "tally: the ledger failed: %s\n", error.what());
    return kFailed;
  }
}
