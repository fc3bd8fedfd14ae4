// What is due by week. Bars lie, so that they have room on a phone, too; each has its amount.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/report/parts.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr int kRowHeight = 26;
constexpr int kBarHeight = 14;
// In hundredths of the width: where bars begin, and how long the longest is.
constexpr int kBarStart = 27;
constexpr int kBarRoom = 41;

std::string DueName(const Dues& dues, int place) {
  if (place == Dues::kOverdue) return "overdue";
  if (place == Dues::kLater) return "later";
  if (place == Dues::kUndated) return "no date yet";
  if (place == Dues::kFirstWeek) return "this week";
  const absl::Duration week = absl::Hours(24 * 7);
  return TextOf(dues.first_monday + (place - Dues::kFirstWeek) * week, "from %e %b");
}

// Hundredths of hundredths of the width.
int64_t LengthOf(int64_t amount, int64_t most) {
  return static_cast<int64_t>(static_cast<__int128>(amount) * kBarRoom * 100 /
                              std::max<int64_t>(most, 1));
}

Html Bar(const Dues& dues, int place, const Money& due, int64_t most) {
  const int top = place * kRowHeight;
  const int middle = top + kRowHeight / 2 + 4;
  Html html;
  html << "<text x=\"0\" y=\""_html << middle << "\">"_html << DueName(dues, place)
       << "</text>"_html;
  if (due.minor > 0) {
    const int64_t length = LengthOf(due.minor, most);
    html << "<rect class=\""_html
         << (place == Dues::kOverdue   ? "overdue"
             : place == Dues::kUndated ? "undated"
                                       : "dated")
         << "\" x=\""_html << kBarStart << "%\" y=\""_html << top + (kRowHeight - kBarHeight) / 2
         << "\" height=\""_html << kBarHeight << "\" width=\""_html
         << absl::StrCat(length / 100, ".", length % 100 / 10, length % 10) << "%\"/>"_html;
  }
  return html << "<text class=\""_html << (due.minor > 0 ? "amount" : "none")
              << "\" x=\"100%\" y=\""_html << middle << "\">"_html
              << (due.minor > 0 ? FormatMoney(due) : "–") << "</text>\n"_html;
}

Html Plot(const Dues& dues, const std::string& currency, const std::vector<int64_t>& amounts,
          int number) {
  const int64_t most = *std::ranges::max_element(amounts);
  int64_t sum = 0;
  for (const int64_t amount : amounts) sum = SaturatedAdd(sum, amount);
  Html html;
  html << "<svg class=\"plot\" role=\"img\" width=\"100%\" height=\""_html
       << Dues::kCount * kRowHeight << "\" aria-labelledby=\"plot-"_html << number
       << "-title plot-"_html << number << "-desc\">\n<title id=\"plot-"_html << number
       << "-title\">What is due by week, in "_html << currency << "</title>\n<desc id=\"plot-"_html
       << number << "-desc\">"_html << FormatMoney({currency, sum})
       << " in all; the table below has the same figures.</desc>\n"_html;
  html << "<line class=\"axis\" x1=\""_html << kBarStart << "%\" x2=\""_html << kBarStart
       << "%\" y1=\"0\" y2=\"100%\"/>\n"_html;
  for (int place = 0; place < Dues::kCount; ++place) {
    html << Bar(dues, place, {currency, amounts[place]}, most);
  }
  return html << "</svg>\n"_html;
}

Html DuesTable(const Dues& dues) {
  Html html =
      "<details><summary>The same as a table</summary>\n<div class=\"scroll\"><table>\n"
      "<caption>What is due, by week of its date</caption>\n"
      "<thead><tr><th scope=\"col\">When</th>"_html;
  for (const auto& [currency, amounts] : dues.by_currency) {
    html << "<th scope=\"col\" class=\"number\">"_html << currency << "</th>"_html;
  }
  html << "</tr></thead>\n<tbody>\n"_html;
  for (int place = 0; place < Dues::kCount; ++place) {
    html << "<tr><th scope=\"row\">"_html << DueName(dues, place) << "</th>"_html;
    for (const auto& [currency, amounts] : dues.by_currency) {
      html << "<td class=\"number\">"_html << FormatAmount({currency, amounts[place]})
           << "</td>"_html;
    }
    html << "</tr>\n"_html;
  }
  return html << "</tbody></table></div></details>\n"_html;
}

}  // namespace

Html DuesPart(const Dues& dues) {
  Html html = "<section>\n<h2>Due by week</h2>\n"_html;
  if (dues.by_currency.empty()) return html << "<p>Nothing is due.</p>\n</section>\n"_html;
  html << "<p>What is to be paid, by the week of its date, from the Monday named. What has no date "
          "yet is due when the goods leave or arrive.</p>\n<div class=\"plots\">\n"_html;
  int number = 0;
  for (const auto& [currency, amounts] : dues.by_currency) {
    if (number++ < static_cast<int>(kMostPlots)) html << Plot(dues, currency, amounts, number);
  }
  html << "</div>\n"_html;
  if (dues.by_currency.size() > kMostPlots) {
    html << "<p>The table has "_html << dues.by_currency.size() - kMostPlots
         << " more currencies.</p>\n"_html;
  }
  return html << DuesTable(dues) << "</section>\n"_html;
}

}  // namespace tallystick
