// tally report: the ledger as one page for a browser or a printer. Asks nobody: tally sync does.
#include <sys/stat.h>

#include <fstream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client-cli/commands/command.h"
#include "client-cli/commands/orders/limits.h"
#include "client-cli/output/private_file.h"
#include "client-cli/output/table.h"
#include "client-cli/report/gather.h"
#include "client-cli/report/page.h"
#include "platform/time/clock.h"

namespace tallystick {
namespace {

LedgerReport GatherReport(Context& context) {
  Gathering gathering(SystemNow());
  std::map<std::string, int64_t> unsettled;
  context.ledger.ForEachTrade([&](const LedgerTrade& trade) {
    if (trade.placement != Placement::kPlaced) return;
    AddUnsettled(trade, unsettled);
    gathering.Add(trade, context.ledger.UnresolvedWarnings(trade.key));
  });
  for (const LedgerTrade& order : context.ledger.Pending()) gathering.AddUnanswered(order);
  LedgerReport report = std::move(gathering).Finish(
      [&](int64_t trade_key) { return context.ledger.Observations(trade_key); });
  report.limits = CheckLimits(context, unsettled);
  report.unanswered_requests = context.ledger.PendingRequests().size();
  return report;
}

// What is there may be replaced only if it is a report: a mistyped name must not cost a file.
absl::Status CheckMayReplace(const std::string& path) {
  struct stat there {};
  if (lstat(path.c_str(), &there) != 0) return absl::OkStatus();
  std::string begin(sizeof(kReportBegin) - 1, '\0');
  if (S_ISREG(there.st_mode)) {
    std::ifstream(path).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  }
  if (begin == kReportBegin) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat(path, " exists and is no report of tally: name another file"));
}

int MakeReport(Context& context, const std::string& path) {
  const LedgerReport report = GatherReport(context);
  const std::string page = ReportPage(report);
  if (path == "-") {
    context.screen.Print(page);
  } else {
    absl::Status written = CheckMayReplace(path);
    if (written.ok()) written = ReplaceFile(path, page);
    if (!written.ok()) return Report(context, written);
    if (context.screen.json()) {
      context.screen.PrintJson(
          Json{{"file", path}, {"trades", report.trades}, {"open_warnings", report.open_warnings}});
    }
    context.screen.Say(absl::StrCat(report.trades, " trades are in ", Printable(path)));
  }
  return report.open_warnings > 0 || !report.limits.empty() ? kWarned : kAllWell;
}

}  // namespace

void AddReportCommand(CLI::App& app, Action& chosen) {
  auto path = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("report", "The ledger as a page to read or print");
  command->add_option("--html", *path, "The page's file, in one piece; - is standard output")
      ->required();
  command->callback(
      [=, &chosen] { chosen = [=](Context& context) { return MakeReport(context, *path); }; });
}

}  // namespace tallystick
