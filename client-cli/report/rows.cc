// Trades as rows that open to their goods and their timeline.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/report/notches.h"
#include "client-cli/report/parts.h"

namespace tallystick {
namespace {

constexpr size_t kShortId = 8;

// A bar of `part` of `whole`, whatever numbers these are; the words say it, too.
Html Progress(int64_t part, int64_t whole, const std::string& words) {
  const __int128 some = std::clamp<int64_t>(part, 0, std::max<int64_t>(whole, 0));
  const auto percent = whole <= 0 ? 0 : static_cast<int64_t>(some * 100 / whole);
  return Html() << R"(<span class="progress"><svg class="bar" width="100%" height="8" )"
                   R"(aria-hidden="true"><rect class="track" width="100%" height="8"/>)"
                   R"(<rect class="fill" height="8" width=")"_html
                << percent << "%\"/></svg>"_html << words << "</span>"_html;
}

std::string ArrivedWords(const TradeCard& card) {
  return absl::StrCat(card.arrived, " of ", card.ordered, " pieces arrived",
                      card.returned > 0 ? absl::StrCat(", ", card.returned, " returned") : "");
}

std::string PaidWords(const TradeCard& card) {
  return absl::StrCat(FormatAmount({card.currency, card.paid}), " of ",
                      FormatMoney({card.currency, card.due}), " paid");
}

Html GoodsTable(const TradeCard& card) {
  Html html =
      "<table>\n<caption>What was ordered</caption>\n<thead><tr><th scope=\"col\">Product</th>"
      "<th scope=\"col\" class=\"number\">Pieces</th><th scope=\"col\" class=\"number\">Amount"
      "</th></tr></thead>\n<tbody>\n"_html;
  for (const GoodsLine& line : card.lines) {
    html << "<tr><th scope=\"row\">"_html << line.name << " <span class=\"faint\">"_html << line.sku
         << "</span></th><td class=\"number\">"_html << line.quantity
         << "</td><td class=\"number\">"_html << FormatMoney({card.currency, line.amount})
         << "</td></tr>\n"_html;
  }
  const auto add = [&](Markup begin, int64_t amount) {
    html << begin << "</th><td></td><td class=\"number\">"_html
         << FormatMoney({card.currency, amount}) << "</td></tr>\n"_html;
  };
  if (card.more_lines > 0) {
    html << "<tr><th scope=\"row\">And "_html << CountOf(card.more_lines, "more line")
         << "</th><td></td><td></td></tr>\n"_html;
  }
  add("<tr><th scope=\"row\">Delivery"_html, card.delivery_fee);
  add("<tr><th scope=\"row\">Total"_html, card.total);
  return html << "</tbody>\n</table>\n"_html;
}

Html Timeline(const TradeCard& card) {
  if (card.timeline.empty()) return "<p>No service has been heard of it yet.</p>\n"_html;
  Html html;
  html << "<table class=\"timeline\">\n<caption>Timeline</caption>\n<thead><tr><th "
          "scope=\"col\">Changed"
          "</th><th scope=\"col\">Who</th><th scope=\"col\">State</th>"
          "<th scope=\"col\" class=\"number\">Revision</th><th scope=\"col\">Seen</th></tr></thead>"
          "\n<tbody>\n"_html;
  for (const Observation& seen : card.timeline) {
    html << "<tr><td>"_html << TextOf(seen.update_time, "%Y-%m-%d %H:%M:%S") << "</td><td>"_html
         << seen.service << "</td><td>"_html << StateWords(seen.state)
         << "</td><td class=\"number\">"_html << seen.revision << "</td><td>"_html
         << TextOf(seen.observe_time, "%Y-%m-%d %H:%M:%S") << "</td></tr>\n"_html;
  }
  html << "</tbody>\n</table>\n"_html;
  if (card.earlier_changes > 0) {
    html << "<p>"_html << CountOf(card.earlier_changes, "earlier change")
         << ": <kbd>tally show "_html << card.trading_id.substr(0, kShortId)
         << "</kbd> has them.</p>\n"_html;
  }
  return html;
}

Html Facts(const TradeCard& card) {
  Html html = "<dl class=\"facts\">\n"_html;
  const auto add = [&](const char* name, const Html& value) {
    html << "<div><dt>"_html << name << "</dt><dd>"_html << value << "</dd></div>\n"_html;
  };
  add("Trade", Html() << "<code>"_html << card.trading_id << "</code>"_html);
  add("Ordered", TimeHtml(card.order_time));
  add("Promised", TimeHtml(card.promised_time));
  Html address;
  for (const std::string& line : card.address) {
    if (!address.empty()) address << "<br>"_html;
    address << line;
  }
  add("To", address);
  add("Terms", Html() << card.terms);
  for (const std::string& reason : card.reasons) add("Reason", Html() << reason);
  return html << "</dl>\n"_html;
}

std::string OwedWords(const TradeCard& card) {
  if (card.owed < 0) {
    return absl::StrCat(
        "to come back ",
        FormatMoney({card.currency, card.owed == INT64_MIN ? INT64_MAX : -card.owed}));
  }
  return card.owed == 0 ? "settled"
                        : absl::StrCat("owed ", FormatMoney({card.currency, card.owed}));
}

}  // namespace

std::string NameOf(const TradeCard& card) {
  return card.reference.empty() ? card.trading_id.substr(0, kShortId) : card.reference;
}

Html CardDetails(const TradeCard& card) {
  return Html() << "<div class=\"pair\">\n"_html << Facts(card) << "<div>"_html << GoodsTable(card)
                << "</div>\n</div>\n"_html << Timeline(card);
}

Html WarningList(const TradeCard& card) {
  if (card.warnings.empty()) return {};
  Html html = "<ul class=\"warnings\">\n"_html;
  for (const KeptWarning& kept : card.warnings) {
    html << "<li><strong>"_html << kept.warning.rule << "</strong> <span class=\"severity\">"_html
         << (kept.acknowledge_time ? "acknowledged" : ToString(kept.warning.severity))
         << "</span> "_html << kept.warning.sentence;
    for (const std::string& fact : EvidenceOfNoSide(kept.warning)) {
      html << "<br><span class=\"faint\">"_html << fact << "</span>"_html;
    }
    html << "</li>\n"_html;
  }
  html << "</ul>\n"_html;
  if (card.more_warnings > 0) {
    html << "<p>And "_html << card.more_warnings
         << " more: <kbd>tally warnings</kbd> has them.</p>\n"_html;
  }
  return html;
}

Html CardRow(const TradeCard& card) {
  Html html;
  html << "<li><details class=\"row\"><summary><span class=\"name\"><strong>"_html << NameOf(card)
       << "</strong> <span class=\"faint\">"_html << card.shop << ", "_html
       << TextOf(card.order_time, "%e %b %Y") << "</span></span>"_html
       << Progress(card.arrived, card.ordered, ArrivedWords(card))
       << Progress(card.paid, card.due, PaidWords(card)) << "<span class=\"owed\">"_html
       << OwedWords(card) << " <span class=\"faint\">"_html
       << (card.states.shopping.empty() ? "not heard of yet" : card.states.shopping)
       << "</span></span></summary>\n<div class=\"opened\">\n"_html << WarningList(card)
       << CardDetails(card);
  return html << "</div></details></li>\n"_html;
}

}  // namespace tallystick
