// tally mcp: tools for programs that buy on somebody's behalf, over standard input and output.
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "client-cli/mcp/lines.h"
#include "client-cli/mcp/tools.h"
#include "platform/process/shutdown.h"

namespace tallystick {
namespace {

// No order, and no question, is as long.
constexpr size_t kMaxLineBytes = size_t{1} << 20;

struct McpOptions {
  bool read_only = false;
  bool allow_orders = false;
  std::vector<std::string> max_trade;
  std::vector<std::string> max_day;
  std::string payment_method = "pm_sandbox_ok";
};

absl::StatusOr<mcp::Settings> ReadSettings(const McpOptions& options) {
  mcp::Settings settings{std::nullopt, options.payment_method};
  if (!options.allow_orders) return settings;
  absl::StatusOr<mcp::SpendingLimits> limits = mcp::ParseLimits(options.max_trade, options.max_day);
  if (!limits.ok()) return limits.status();
  if (limits->trade.empty()) {
    return absl::InvalidArgumentError(
        "--allow-orders needs limits: --max-trade \"50.00 USD\" --max-day \"200.00 USD\"");
  }
  settings.orders = *std::move(limits);
  return settings;
}

// One message after the other, until the client has no more or the process is to end; a call that
// is under way then comes to its end first. Only messages go to standard output.
int Serve(Context& context, const McpOptions& options) {
  const absl::StatusOr<mcp::Settings> settings = ReadSettings(options);
  if (!settings.ok()) {
    context.screen.Say(absl::StrCat("tally: ", Printable(settings.status().message())));
    return kUsage;
  }
  BlockShutdownSignals();
  const int stop = ShutdownSignalDescriptor();
  if (stop < 0) {
    context.screen.Say(absl::StrCat("tally: no signals can be waited for: ", std::strerror(errno)));
    return kFailed;
  }
  if (context.screen.interactive()) {
    context.screen.Say(
        "waiting for messages of a client on standard input; docs/cli.md says how a "
        "client is told to start this");
  }
  const mcp::Server server = mcp::MakeServer(context, *settings);
  mcp::LineReader lines(STDIN_FILENO, stop, kMaxLineBytes);
  while (context.screen.written().ok()) {
    const mcp::LineReader::Line line = lines.Next();
    if (line.kind == mcp::LineReader::kEnd) return kAllWell;
    const std::optional<Json> answer = line.kind == mcp::LineReader::kTooLong
                                           ? mcp::AnswerToTooLong(kMaxLineBytes)
                                           : mcp::AnswerTo(server, line.text);
    if (answer) context.screen.PrintJson(*answer);
  }
  return kFailed;
}

}  // namespace

void AddMcpCommand(CLI::App& app, Action& chosen) {
  auto options = std::make_shared<McpOptions>();
  CLI::App* command = app.add_subcommand(
      "mcp",
      "Tools for programs that buy for you: a Model Context Protocol server on standard "
      "input and output; read-only unless you allow orders");
  CLI::Option* read_only =
      command->add_flag("--read-only", options->read_only,
                        "Nothing can be ordered, canceled or returned: the default");
  CLI::Option* allow =
      command
          ->add_flag("--allow-orders", options->allow_orders,
                     "Order, cancel and return, too, within --max-trade and --max-day")
          ->excludes(read_only);
  command
      ->add_option("--max-trade", options->max_trade,
                   "The most that one order may cost, e.g. \"50.00 USD\"; once a currency")
      ->allow_extra_args(false)
      ->needs(allow);
  command
      ->add_option("--max-day", options->max_day,
                   "The most that all orders of 24 hours may cost, by hand or not; once a currency")
      ->allow_extra_args(false)
      ->needs(allow);
  AddPaymentMethod(*command, options->payment_method, "Token of the payment method of orders");
  command->callback(
      [=, &chosen] { chosen = [=](Context& context) { return Serve(context, *options); }; });
}

}  // namespace tallystick
