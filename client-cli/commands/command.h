// What every command shares: the ledger, the screen, the chosen shop, and the exit codes.
#pragma once

#include <CLI/CLI.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client-cli/ledger/ledger.h"
#include "client-cli/match/settings.h"
#include "client-cli/output/screen.h"
#include "client-cli/remote/shop.h"

namespace tallystick {

enum ExitCode {
  kAllWell = 0,
  kFailed = 1,
  kUsage = 2,
  kWarned = 3,       // the check raised warnings
  kUnreachable = 4,  // a service could not be reached, or an outcome is still unknown
  kNotAllowed = 5,
};

struct GlobalOptions {
  std::string output = "table";
  bool no_color = false;
  bool no_pager = false;
  bool quiet = false;  // nothing of how far things are, or what is waited for
  // Also by which trace id the servers' logs tell of the calls, and what a failure is called by the
  // programs that know of it.
  bool verbose = false;
  std::string profile;
  int timeout_ms = 10'000;
  int64_t retry_budget_ms = absl::ToInt64Milliseconds(kRetryBudget);
  MatchSettings check;
  absl::Duration recheck_ended = absl::Hours(24);
  absl::Duration twice_window = absl::Minutes(10);
};

// Valid while a command runs.
struct Context {
  const GlobalOptions& options;
  Ledger& ledger;
  Screen screen;

  // `timeout` is each call's; that of the options if it is not given.
  absl::StatusOr<Shop> OpenShop(const std::string& profile,
                                std::optional<absl::Duration> timeout = std::nullopt);
  // While `shop` is waited for, the screen says so.
  void ShowWaits(Shop& shop) const;
  // A placed trade by what the buyer calls it; of several, that at the shop of --profile.
  absl::StatusOr<LedgerTrade> FindTrade(const std::string& name);
  absl::StatusOr<std::vector<LedgerTrade>> FindTrades(const std::vector<std::string>& names);
};

// Something was sent, and the ledger failed before what became of it was written down.
class OutcomeUnknown : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Action = std::function<int(Context&)>;
// Of a command that needs no ledger, and makes none.
using PlainAction = std::function<int(const Screen&)>;

// NOT_FOUND for a name that no shop of `known` has, with the one that may have been meant.
absl::Status NoSuchShop(const std::string& name, const std::vector<std::string>& known);

// The exit code that goes with an error.
int CodeFor(const absl::Status& status);
// And with one after which something that was or is to be sent stays without an answer.
int CodeOfPending(const absl::Status& failure);
// The worse of two: a warning, then what was not allowed, then what was not reached, then a
// failure.
int Worse(int one, int other);
// Says the error in words, too.
int Report(const Context& context, const absl::Status& status);
// The same to people alone, without the code; and what helps.
void SayFailure(const Context& context, const absl::Status& status);

// --payment-method: the token itself, or @FILE that has it, so that it need not stand where every
// process of the machine can read it.
void AddPaymentMethod(CLI::App& command, std::string& payment_method, const std::string& help);

// Each adds its subcommands to `app`; the action of the one that was called goes into `chosen`.
void AddShopCommands(CLI::App& app, Action& chosen);
void AddProductsCommand(CLI::App& app, Action& chosen);
void AddOrderCommand(CLI::App& app, Action& chosen);
void AddDropCommand(CLI::App& app, Action& chosen);
void AddTrackCommand(CLI::App& app, Action& chosen);
void AddSyncCommand(CLI::App& app, Action& chosen);
void AddListCommand(CLI::App& app, Action& chosen);
void AddShowCommand(CLI::App& app, Action& chosen);
void AddCancelCommand(CLI::App& app, Action& chosen);
void AddReturnCommand(CLI::App& app, Action& chosen);
void AddReorderCommand(CLI::App& app, Action& chosen);
void AddLimitCommands(CLI::App& app, Action& chosen);
void AddWarningsCommands(CLI::App& app, Action& chosen);
void AddExportCommand(CLI::App& app, Action& chosen);
void AddReportCommand(CLI::App& app, Action& chosen);
void AddOpsCommands(CLI::App& app, Action& chosen);
// `tally ops` beyond the catalogue: what people record, and what waits for them.
void AddOpsWorkCommands(CLI::App& ops, Action& chosen);
void AddOpsStatusCommand(CLI::App& ops, Action& chosen);
void AddOpsChangesCommand(CLI::App& ops, Action& chosen);
void AddMcpCommand(CLI::App& app, Action& chosen);
void AddCompletionCommand(CLI::App& app, PlainAction& chosen);

}  // namespace tallystick
