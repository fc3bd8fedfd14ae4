// Which losses there are, and the table of what became of them.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/faults/database.h"
#include "tests/faults/loss.h"

namespace tallystick::faults {
namespace {

constexpr absl::Duration kAges[] = {absl::Seconds(3), absl::Seconds(30)};
constexpr size_t kMostLossFindings = 20;

std::string HowText(const Loss& loss) {
  switch (loss.how) {
    case Loss::kFailedOver: return "failed over";
    case Loss::kFollowed: return "failed over, synchronous";
    case Loss::kRecovered: return "base backup and WAL";
    case Loss::kWithout: return "the same, last WAL lost";
    default: return loss.is_asked_to ? "dump, --reconcile" : "dump, under load";
  }
}

std::string Row(const LossReport& report) {
  const LossVerdict& verdict = report.verdict;
  return absl::StrFormat(
      "%-9s %-24s %5.0f s %7d %6d %7d %7d %9d %5d %12d %9.1f s%s\n", report.loss.database,
      HowText(report.loss), absl::ToDoubleSeconds(report.loss.age), verdict.trades, verdict.lost,
      verdict.healed, verdict.warned, verdict.for_a_person, verdict.gone, verdict.moved_twice,
      absl::ToDoubleSeconds(report.healed_in), IsGood(report) ? "" : "  WRONG");
}

void AppendDetails(const LossReport& report, std::string& text) {
  const std::string& name = report.loss.name;
  if (!report.failed.empty()) absl::StrAppend(&text, name, " FAILED: ", report.failed, "\n");
  if (report.failed.empty() && !report.quiet) {
    absl::StrAppend(&text, name, ": it did not become quiet\n");
  }
  for (const std::string& still : report.still) {
    absl::StrAppend(&text, name, ": still under way: ", still, "\n");
  }
  for (const auto& [reason, count] : report.verdict.reasons) {
    absl::StrAppend(&text, name, ": for a person, ", count, " times: ", reason, "\n");
  }
  size_t shown = 0;
  for (const Finding& finding : report.verdict.findings) {
    if (++shown > kMostLossFindings) break;
    absl::StrAppend(&text, name, ": ", ToString(finding.kind), " ",
                    finding.trading_id.IsNil() ? "" : finding.trading_id.ToString(), ": ",
                    finding.what, "\n");
  }
  if (report.verdict.findings.size() > kMostLossFindings) {
    absl::StrAppend(&text, name, ": and ", report.verdict.findings.size() - kMostLossFindings,
                    " more\n");
  }
  if (!report.reconciled.empty()) {
    absl::StrAppend(&text, name, ": --reconcile ends with ", report.reconcile_code, ":\n",
                    report.reconciled);
  }
}

}  // namespace

std::vector<Loss> AllLosses() {
  std::vector<Loss> all;
  for (const std::string database : kDatabases) {
    for (const absl::Duration age : kAges) {
      const std::string name = absl::StrCat(database, "-", absl::ToInt64Seconds(age), "s");
      all.push_back({name, database, Loss::kRestored, age, false});
      all.push_back({name + "-asked", database, Loss::kRestored, age, true});
    }
    all.push_back({database + "-failover", database, Loss::kFailedOver, absl::Seconds(1), false});
    all.push_back(
        {database + "-failover-sync", database, Loss::kFollowed, absl::Seconds(1), false});
  }
  all.push_back({"recovered", "all", Loss::kRecovered, absl::Seconds(10), false});
  all.push_back({"recovered-without", "all", Loss::kWithout, absl::Seconds(10), false});
  return all;
}

bool IsGood(const LossReport& report) {
  const LossVerdict& verdict = report.verdict;
  const bool nothing_may_be_lost =
      report.loss.how == Loss::kFollowed || report.loss.how == Loss::kRecovered;
  // 1: some need a person.
  const bool said_so =
      report.reconcile_code == 0 || (report.reconcile_code == 1 && verdict.for_a_person > 0);
  return report.failed.empty() && said_so && report.quiet && verdict.findings.empty() &&
         verdict.moved_twice == 0 &&
         !(nothing_may_be_lost && (verdict.gone > 0 || verdict.for_a_person > 0));
}

std::string ToTable(const std::vector<LossReport>& reports) {
  std::string text = absl::StrFormat("\n%-9s %-24s %7s %7s %6s %7s %7s %9s %5s %12s %11s\n",
                                     "database", "how", "age", "trades", "lost", "healed", "warned",
                                     "a person", "gone", "money twice", "quiet after");
  for (const LossReport& report : reports) text += Row(report);
  text +=
      "lost: trades that the database had forgotten something of\n"
      "warned: it went another way, or at another time, than its buyer had seen, who is told\n"
      "gone: orders that were answered and that nobody else had heard of; their buyers are "
      "told\n\n";
  for (const LossReport& report : reports) AppendDetails(report, text);
  return text;
}

}  // namespace tallystick::faults
