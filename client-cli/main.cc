// tally: the buyer's command line client.
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/usage.h"
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
  using namespace tallystick;
  app.add_option("-o,--output", options.output,
                 "table, wide (with ids), name (ids alone, of list) or json")
      ->check(CLI::IsMember({"table", "wide", "name", "json"}));
  app.add_flag("--no-color", options.no_color, "No colour and no animation");
  app.add_flag("-v,--verbose", options.verbose,
               "Say by which trace id the servers' logs tell of these calls");
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

void AddCommands(CLI::App& app, tallystick::Action& action) {
  using namespace tallystick;
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
  AddCompletionCommand(app, action);
  GroupCommands(app);
  app.get_subcommand("list")->alias("ls");
  app.get_subcommand("track")->alias("status");
}

// `tally help order` is `tally order --help`.
void ReadHelpAsFlag(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "help") return;
  arguments.erase(arguments.begin());
  arguments.push_back("--help");
}

bool WantsJson(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-ojson" || word == "-o=json" || word == "--output=json") return true;
    if ((word == "-o" || word == "--output") && i + 1 < arguments.size() &&
        arguments[i + 1] == "json") {
      return true;
    }
  }
  return false;
}

// The exit code of a command line that is none.
int Misused(const CLI::App& app, const std::vector<std::string>& arguments,
            const CLI::ParseError& error) {
  using namespace tallystick;
  const std::string words = Printable(UsageWords(app, arguments, error.what()));
  if (WantsJson(arguments)) {
    const Json json{{"error",
                     {{"code", "INVALID_ARGUMENT"},
                      {"reason", "USAGE"},
                      {"message", words},
                      {"values", Json::object()}}}};
    std::fprintf(stdout, "%s\n", Dump(json).c_str());
  }
  std::fprintf(stderr, "tally: %s\nRun tally --help for more information.\n", words.c_str());
  return kUsage;
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
  AddCommands(app, action);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::fputs(ShortHelp(app).c_str(), stdout);
    return kAllWell;
  }
  if (arguments.front() == "version") arguments.front() = "--version";
  ReadHelpAsFlag(arguments);
  try {
    // (The parser takes them from the end.)
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return Misused(app, arguments, error);
    app.exit(error);
    return kAllWell;
  }
  try {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(Ledger::DefaultPath());
    if (!ledger.ok()) {
      std::fprintf(stderr, "tally: %s\n", std::string(ledger.status().message()).c_str());
      return kFailed;
    }
    Context context{options, **ledger, Screen(options.output, options.no_color)};
    const int code = action(context);
    const absl::Status written = context.screen.written();
    if (written.ok()) return code;
    std::fprintf(stderr, "tally: %s\n", std::string(written.message()).c_str());
    return code == kAllWell ? static_cast<int>(kFailed) : code;
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
