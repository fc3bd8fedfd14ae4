// tally: the buyer's command line client.
#include <algorithm>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "client-cli/app/command_line.h"
#include "client-cli/app/complete.h"
#include "client-cli/app/config.h"
#include "client-cli/app/help.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/usage.h"

namespace {

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

// A command that shows at once, and perhaps more than a terminal does.
bool MayBeLong(const CLI::App& app, const tallystick::GlobalOptions& options) {
  if (options.no_pager) return false;
  for (const char* name : {"list", "show", "warnings", "products"}) {
    if (app.got_subcommand(name)) return true;
  }
  return false;
}

// The exit code of a command that ends with `code`, once its output is written.
int Ended(const tallystick::Screen& screen, int code) {
  const absl::Status written = screen.written();
  if (written.ok()) return code;
  std::fprintf(stderr, "tally: %s\n", std::string(written.message()).c_str());
  return code == tallystick::kAllWell ? static_cast<int>(tallystick::kFailed) : code;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tallystick;
  std::setlocale(LC_CTYPE, "C.UTF-8");
  std::signal(SIGPIPE, SIG_IGN);
  // What fails, tally says itself.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  const int columns = TerminalWidth();
  const int help_width = columns > 0 ? std::min(columns, kHelpWidth) : kHelpWidth;
  CommandLine line(help_width);
  CLI::App& app = line.app;
  const GlobalOptions& options = line.options;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.empty()) {
    std::fputs(ShortHelp(app, help_width).c_str(), stdout);
    return kAllWell;
  }
  if (arguments.front() == "__complete")
    return AnswerShell(app, {arguments.begin() + 1, arguments.end()});
  if (const absl::Status config = ApplyConfig(ConfigPath(), app); !config.ok()) {
    std::fprintf(stderr, "tally: %s\n", Printable(config.message()).c_str());
    return kUsage;
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
  if (line.plain) {
    const Screen screen(options.output, options.no_color);
    return Ended(screen, line.plain(screen));
  }
  try {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(Ledger::DefaultPath());
    if (!ledger.ok()) {
      std::fprintf(stderr, "tally: %s\n", std::string(ledger.status().message()).c_str());
      return kFailed;
    }
    Context context{options, **ledger, Screen(options.output, options.no_color, options.quiet)};
    if (MayBeLong(app, options)) context.screen.Hold();
    const int code = line.action(context);
    context.screen.ShowHeld();
    return Ended(context.screen, code);
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
