#include "tests/faults/report.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace tallystick::faults {
namespace {

constexpr size_t kMostFindings = 60;
constexpr size_t kMostStill = 5;
constexpr absl::Duration kSoon = absl::Seconds(30);

// Each finding belongs to the last fault that touched its trade.
const Struck* FaultOf(const Report& report, const Finding& finding) {
  for (auto struck = report.struck.rbegin(); struck != report.struck.rend(); ++struck) {
    if (struck->touched.contains(finding.trading_id.ToString())) return &*struck;
  }
  return nullptr;
}

std::string Row(const std::string& name, const std::string& times, size_t touched,
                const Report& report, const Struck* struck) {
  const auto count = [&](Finding::Kind kind) {
    return std::count_if(report.audit.findings.begin(), report.audit.findings.end(),
                         [&](const Finding& finding) {
                           return finding.kind == kind && FaultOf(report, finding) == struck;
                         });
  };
  return absl::StrFormat("%-20s %7s %8d %6d %8d %6d %14d", name, times, touched,
                         count(Finding::kLost), count(Finding::kDoubled), count(Finding::kStuck),
                         count(Finding::kContradiction));
}

std::string MovedText(const Moved& moved) {
  if (moved.took.empty() && moved.still.empty()) return "";
  const auto soon = std::count_if(moved.took.begin(), moved.took.end(),
                                  [](absl::Duration took) { return took <= kSoon; });
  const auto longest = std::max_element(moved.took.begin(), moved.took.end());
  return absl::StrFormat("  %6.1f s",
                         longest == moved.took.end() ? 0.0 : absl::ToDoubleSeconds(*longest)) +
         absl::StrFormat(" %6.2f %%",
                         100.0 * static_cast<double>(soon) /
                             static_cast<double>(moved.took.size() + moved.still.size()));
}

}  // namespace

bool IsGood(const Report& report) {
  return report.quiet && report.audit.findings.empty() && report.proof.unnoticed.empty() &&
         std::all_of(report.struck.begin(), report.struck.end(), [](const Struck& struck) {
           return struck.failed.empty() && struck.moved.still.empty();
         });
}

bool IsNoticed(const Report& report) {
  return std::none_of(report.audit.findings.begin(), report.audit.findings.end(),
                      [](const Finding& finding) { return finding.kind == Finding::kUnnoticed; });
}

std::string ToText(const Report& report) {
  std::string text =
      absl::StrFormat("\n%-20s %7s %8s %6s %8s %6s %14s %10s %8s\n", "fault", "times", "touched",
                      "lost", "doubled", "stuck", "contradictions", "last moved", "in 30 s");
  for (const Struck& struck : report.struck) {
    absl::StrAppend(
        &text,
        Row(struck.name, struck.skipped.empty() ? absl::StrCat(struck.times) : "skipped",
            struck.touched.size(), report, &struck),
        MovedText(struck.moved), "\n");
  }
  absl::StrAppend(&text, Row("(no fault)", "", 0, report, nullptr), "\n\n");
  for (const auto& [what, count] : report.audit.counts) {
    absl::StrAppend(&text, absl::StrFormat("%12d  %s\n", count, what));
  }
  for (const Struck& struck : report.struck) {
    if (!struck.failed.empty())
      absl::StrAppend(&text, struck.name, " FAILED: ", struck.failed, "\n");
    size_t listed = 0;
    for (const auto& [still, revision] : struck.moved.still) {
      if (++listed > kMostStill) {
        absl::StrAppend(&text, "and ", struck.moved.still.size() - kMostStill, " more\n");
        break;
      }
      absl::StrAppend(&text, "120 s after ", struck.name, ", this had not moved: ", ToString(still),
                      "\n");
    }
  }
  if (!report.quiet) absl::StrAppend(&text, "120 s after the load, work was still under way\n");
  absl::StrAppend(&text, absl::StrFormat("%12d", report.proof.tried),
                  "  falsifications that the auditor was tried with\n");
  for (const std::string& unnoticed : report.proof.unnoticed) {
    absl::StrAppend(&text, "THE AUDITOR DID NOT NOTICE: ", unnoticed, "\n");
  }
  size_t shown = 0;
  for (const Finding& finding : report.audit.findings) {
    if (++shown > kMostFindings) break;
    const Struck* struck = FaultOf(report, finding);
    absl::StrAppend(&text, ToString(finding.kind), " (", struck == nullptr ? "-" : struck->name,
                    ") ", finding.trading_id.IsNil() ? "" : finding.trading_id.ToString(), ": ",
                    finding.what, "\n");
  }
  if (report.audit.findings.size() > kMostFindings) {
    absl::StrAppend(&text, "and ", report.audit.findings.size() - kMostFindings, " more\n");
  }
  absl::StrAppend(&text, absl::StrFormat("%d findings in %.0f s\n", report.audit.findings.size(),
                                         absl::ToDoubleSeconds(report.took)));
  return text;
}

}  // namespace tallystick::faults
