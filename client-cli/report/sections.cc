// The three sections: trades that need the buyer, as three stubs each; those under way; and those
// that are done, by month.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client-cli/report/parts.h"

namespace tallystick {
namespace {

// Several facts of a side, one a line.
Html Lines(const std::string& text) {
  Html html;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!html.empty()) html << "<br>"_html;
    html << std::string(line);
  }
  return html;
}

Html StubHead(const TradeCard& card) {
  constexpr const char* kNames[] = {"Shop", "Payment", "Delivery"};
  Html html = "<thead><tr><td></td>"_html;
  for (const Side side : kSides) {
    html << "<th scope=\"col\">"_html << kNames[static_cast<int>(side)];
    if (card.doubted[side]) html << " <span class=\"doubt\">? in doubt</span>"_html;
    html << "</th>"_html;
  }
  return html << "</tr></thead>\n"_html;
}

Html NotchRow(const Notch& notch) {
  Html html;
  html << (notch.differs ? "<tr class=\"differs\"><th scope=\"row\"><span aria-hidden=\"true\">≠ "
                           "</span>"_html
                         : "<tr><th scope=\"row\">"_html)
       << notch.name
       << (notch.differs ? "<span class=\"unseen\"> differs</span></th>"_html : "</th>"_html);
  for (const Side side : kSides) {
    const std::string& says = notch.says[side];
    html << (says.empty() ? "<td class=\"silent\">"_html : "<td>"_html) << Lines(says)
         << "</td>"_html;
  }
  return html << "</tr>\n"_html;
}

Html Stubs(const TradeCard& card) {
  Html html =
      "<table class=\"stubs\">\n<caption>What each half of the tally is held to, and where they differ</caption>\n"_html;
  html << StubHead(card) << "<tbody>\n"_html;
  for (const Notch& notch : card.notches) html << NotchRow(notch);
  return html << "</tbody>\n</table>\n"_html;
}

Html SplitTrade(const TradeCard& card) {
  Html html;
  html << "<article>\n<h3>"_html << NameOf(card) << "</h3>\n<p class=\"faint\">"_html << card.shop
       << ", ordered "_html << TimeHtml(card.order_time) << " for "_html
       << FormatMoney({card.currency, card.total}) << "</p>\n"_html;
  return html << WarningList(card) << Stubs(card)
              << "<details class=\"more\"><summary>Goods and timeline</summary>\n"_html
              << CardDetails(card) << "</details>\n</article>\n"_html;
}

Html UnansweredTable(const LedgerReport& report) {
  Html html =
      "<table>\n<caption>Orders without an answer; <kbd>tally sync</kbd> finds out what became of "
      "them</caption>\n<thead><tr><th scope=\"col\">Order</th><th scope=\"col\">Shop</th>"
      "<th scope=\"col\">Written</th><th scope=\"col\">May be placed</th></tr></thead>\n<tbody>\n"_html;
  for (const Unanswered& order : report.unanswered) {
    html << "<tr><th scope=\"row\">"_html
         << (order.reference.empty() ? order.request_id : order.reference) << "</th><td>"_html
         << order.shop << "</td><td>"_html << TimeHtml(order.create_time) << "</td><td>"_html
         << (order.maybe_placed ? "yes" : "no") << "</td></tr>\n"_html;
  }
  html << "</tbody>\n</table>\n"_html;
  if (report.more_unanswered > 0) {
    html << "<p>And "_html << CountOf(report.more_unanswered, "more order") << ".</p>\n"_html;
  }
  return html;
}

Html MoreOf(size_t more, Markup where) {
  if (more == 0) return {};
  return Html() << "<p>"_html << CountOf(more, "more trade") << where << "</p>\n"_html;
}

Html Rows(const Cards& cards) {
  if (cards.shown.empty()) return {};
  Html html = "<ul class=\"rows\">\n"_html;
  for (const TradeCard& card : cards.shown) html << CardRow(card);
  return html << "</ul>\n"_html;
}

Html MonthTable(const LedgerReport& report) {
  Html html =
      "<table>\n<caption>What is done, by the month of its last change</caption>\n<thead><tr>"
      "<th scope=\"col\">Month</th><th scope=\"col\" class=\"number\">Trades</th>"
      "<th scope=\"col\" class=\"number\">Paid</th></tr></thead>\n<tbody>\n"_html;
  size_t rows = 0;
  for (auto at = report.months.rbegin(); at != report.months.rend() && rows < kMostMonths; ++at) {
    html << "<tr><th scope=\"row\">"_html << TextOf(at->first, "%B %Y")
         << "</th><td class=\"number\">"_html << at->second.trades
         << "</td><td class=\"number\">"_html << SumsHtml(at->second.paid, "nothing")
         << "</td></tr>\n"_html;
    ++rows;
  }
  html << "</tbody>\n</table>\n"_html;
  if (report.months.size() > rows) {
    html << "<p>And "_html << CountOf(report.months.size() - rows, "earlier month")
         << ".</p>\n"_html;
  }
  return html;
}

}  // namespace

Html NeedsYouPart(const LedgerReport& report) {
  Html html = "<section>\n<h2>Needs you</h2>\n"_html;
  const bool calm = report.needs_you.shown.empty() && report.limits.empty() &&
                    report.unanswered.empty() && report.unanswered_requests == 0;
  if (calm) return html << "<p>Nothing. No warning is open.</p>\n</section>\n"_html;
  for (const Warning& limit : report.limits) {
    html << "<p class=\"limit\"><strong>"_html << limit.rule << "</strong> "_html << limit.sentence
         << "</p>\n"_html;
  }
  for (const TradeCard& card : report.needs_you.shown) html << SplitTrade(card);
  html << MoreOf(report.needs_you.more,
                 " with open warnings: <kbd>tally warnings</kbd> has them."_html);
  if (!report.unanswered.empty()) html << UnansweredTable(report);
  if (report.unanswered_requests > 0) {
    html
        << "<p>"_html << CountOf(report.unanswered_requests, "request")
        << " to cancel or to return without an answer: <kbd>tally sync</kbd> asks again.</p>\n"_html;
  }
  return html << "</section>\n"_html;
}

Html UnderWayPart(const LedgerReport& report) {
  Html html = "<section>\n<h2>Under way</h2>\n"_html;
  if (report.on_the_way.shown.empty()) html << "<p>Nothing else.</p>\n"_html;
  return html << Rows(report.on_the_way)
              << MoreOf(report.on_the_way.more,
                        " under way, ordered before: <kbd>tally list</kbd> has them."_html)
              << "</section>\n"_html;
}

Html DonePart(const LedgerReport& report) {
  Html html = "<section>\n<h2>Done</h2>\n"_html;
  if (report.months.empty()) return html << "<p>Nothing yet.</p>\n</section>\n"_html;
  html << MonthTable(report);
  std::map<absl::Time, Cards> by_month;
  for (const TradeCard& card : report.done.shown) {
    by_month[MonthOf(card.change_time)].shown.push_back(card);
  }
  for (auto at = by_month.rbegin(); at != by_month.rend(); ++at) {
    const size_t all = report.months.at(at->first).trades;
    html << "<h3>"_html << TextOf(at->first, "%B %Y") << "</h3>\n"_html << Rows(at->second)
         << MoreOf(all - at->second.shown.size(),
                   " of this month: <kbd>tally list</kbd> has them."_html);
  }
  return html << "</section>\n"_html;
}

}  // namespace tallystick
