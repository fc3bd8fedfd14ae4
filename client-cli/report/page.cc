#include "client-cli/report/page.h"

#include "absl/strings/str_cat.h"
#include "client-cli/report/parts.h"

namespace tallystick {
namespace {

// A stick, split lengthwise, with the notches of both halves in line.
constexpr Markup kStick = R"svg(<svg class="stick" viewBox="0 0 180 34" aria-hidden="true">
<path class="half" d="M2 3h22l3 6 3-6h12l3 6 3-6h12l3 6 3-6h12l3 6 3-6h34l5 11 5-11h46v12H2z"/>
<path class="half" d="M2 19h174v12h-46l-5-11-5 11H86l-3-6-3 6H68l-3-6-3 6H50l-3-6-3 6H32l-3-6-3 6H2z"/>
</svg>
)svg"_html;

Html Head() {
  return Html() << R"(<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>Tally report</title>
<style>)"_html << ReportStyle()
                << "</style>\n</head>\n"_html;
}

// "3 minutes", in the largest unit of which it has at least two.
std::string AgeOf(absl::Duration age) {
  if (age >= absl::Hours(48)) return CountOf(static_cast<size_t>(age / absl::Hours(24)), "day");
  if (age >= absl::Hours(2)) return CountOf(static_cast<size_t>(age / absl::Hours(1)), "hour");
  if (age >= absl::Minutes(1)) {
    return CountOf(static_cast<size_t>(age / absl::Minutes(1)), "minute");
  }
  return "less than a minute";
}

Html Header(const LedgerReport& report) {
  Html html;
  html << "<header>\n"_html << kStick << "<h1>Tally report</h1>\n<p>Made "_html
       << TimeHtml(report.made) << " from the buyer’s ledger, which has "_html
       << CountOf(report.trades, "trade") << ". All times are UTC. "_html;
  if (report.latest_answer) {
    html << "The last news in it is of "_html << TimeHtml(*report.latest_answer) << ", "_html
         << AgeOf(report.made - *report.latest_answer) << " before; "_html;
  } else {
    html << "No service has been heard yet; "_html;
  }
  return html << "<kbd>tally sync</kbd> asks all services again.</p>\n</header>\n"_html;
}

void AddTile(Markup begin, const char* name, const Html& figure, const Html& note, Html& html) {
  html << begin << name << "</dt><dd class=\"figure\">"_html << figure << "</dd>"_html;
  if (!note.empty()) html << "<dd class=\"note\">"_html << note << "</dd>"_html;
  html << "</div>\n"_html;
}

Html Tiles(const LedgerReport& report) {
  constexpr Markup kTile = "<div><dt>"_html;
  constexpr Markup kLoudTile = "<div class=\"loud\"><dt>"_html;
  Html overdue;
  if (!report.overdue.empty()) overdue << SumsHtml(report.overdue, "") << " overdue"_html;
  const size_t warnings = report.open_warnings + report.limits.size();
  Html warned;
  if (report.warned_trades > 0) warned << "on "_html << CountOf(report.warned_trades, "trade");
  Html html = "<dl class=\"tiles\">\n"_html;
  AddTile(report.overdue.empty() ? kTile : kLoudTile, "You owe", SumsHtml(report.owed, "nothing"),
          overdue, html);
  AddTile(kTile, "You get back", SumsHtml(report.to_come_back, "nothing"), {}, html);
  AddTile(kTile, "Under way", Html() << CountOf(report.under_way, "trade"),
          Html() << report.undelivered << " not delivered yet"_html, html);
  AddTile(warnings == 0 ? kTile : kLoudTile, "Warnings", Html() << warnings, warned, html);
  return html << "</dl>\n"_html;
}

}  // namespace

Html TimeHtml(absl::Time time) {
  return Html() << "<time datetime=\""_html << TextOf(time, "%Y-%m-%dT%H:%M:%SZ") << "\">"_html
                << TextOf(time, "%Y-%m-%d %H:%M") << "</time>"_html;
}

std::string TextOf(absl::Time time, const char* format) {
  return absl::FormatTime(format, time, absl::UTCTimeZone());
}

std::string CountOf(size_t number, const char* what) {
  return absl::StrCat(number, " ", what, number == 1 ? "" : "s");
}

Html SumsHtml(const Sums& sums, const char* none) {
  Html html;
  for (const auto& [currency, sum] : sums) {
    if (!html.empty()) html << "<br>"_html;
    html << "<span class=\"sum\">"_html << FormatMoney({currency, sum}) << "</span>"_html;
  }
  if (html.empty()) html << none;
  return html;
}

std::string ReportPage(const LedgerReport& report) {
  Html html;
  html << Head() << "<body>\n"_html << Header(report) << "<main>\n"_html << Tiles(report)
       << DuesPart(report.dues) << NeedsYouPart(report) << UnderWayPart(report) << DonePart(report)
       << "</main>\n</body>\n</html>\n"_html;
  return absl::StrCat(kReportBegin, html.text());
}

}  // namespace tallystick
