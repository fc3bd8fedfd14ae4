// The report's page: that nothing of anybody else's gets into it, that it needs nothing else, and
// that everybody can read it.
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "client-cli/report/page.h"
#include "platform/trade/text.h"
#include "tests/support/catch.h"
#include "tests/unit/report_trades.h"

namespace tallystick::testing {
namespace {

// A ledger with something in every place, and with `text` wherever somebody else chooses the text.
LedgerReport ReportWith(const std::string& text) {
  const auto spoil = [&](LedgerTrade trade) {
    OrderContents& contents = trade.information->contents;
    trade.profile = contents.buyer_reference = text;
    contents.lines[0].sku = contents.lines[0].name = text;
    contents.ship_to.lines = {text, text};
    trade.order->lines[0].sku = trade.delivery->lines[0].sku = text;
    trade.delivery->lines[0].returned = 1;
    trade.order->reason = text;
    trade.order->returns = {{"1", ReturnState::kRejected, {{text, 1}}, text, text}};
    trade.payment->transactions = {
        {1, TransactionType::kCapture, TransactionState::kFailed, 1, text, text, text}};
    return trade;
  };
  const KeptWarning open = OpenWarning(
      {text,
       Severity::kAlarm,
       text,
       {{text, text}, {"captured", absl::StrCat("shopping: ", text, "; payment: ", text)}}});
  Gathering gathering(kReportTime);
  LedgerTrade odd = spoil(TradeUnderWay(1));
  odd.information->contents.currency = odd.order->currency = odd.payment->currency = text;
  gathering.Add(odd, {open});
  gathering.Add(spoil(TradeUnderWay(2)), {});
  gathering.Add(spoil(TradeDone(3)), {});
  LedgerTrade unanswered = TradeUnderWay(4);
  unanswered.profile = unanswered.request.reference = text;
  gathering.AddUnanswered(unanswered);
  LedgerReport report = std::move(gathering).Finish([&](int64_t) {
    return std::vector<Observation>{{kReportTime, text, text, 1, kReportTime}};
  });
  report.limits = {{text, Severity::kWarning, text, {{text, text}}}};
  return report;
}

std::vector<std::string> Matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
    found.push_back(at->size() > 1 ? at->str(1) : at->str());
  }
  return found;
}

// From each < to its >, quoted values as they are.
std::vector<std::string> TagsOf(const std::string& page) {
  std::vector<std::string> tags;
  for (size_t at = page.find('<'); at != std::string::npos; at = page.find('<', at)) {
    const size_t end = page.find('>', at);
    REQUIRE(end != std::string::npos);
    tags.push_back(page.substr(at, end - at + 1));
    at = end;
  }
  return tags;
}

std::string NameOfTag(const std::string& tag) {
  return tag.substr(1, tag.find_first_of(" \n/>", 2) - 1);
}

void CheckHarmless(const std::string& text) {
  const std::string page = ReportPage(ReportWith(text));
  REQUIRE(TagsOf(page) == TagsOf(ReportPage(ReportWith("x"))));
  REQUIRE(IsValidUtf8(page));
  REQUIRE(std::ranges::all_of(
      page, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n'; }));
}

TEST_CASE("report page: no text of anybody else's becomes markup") {
  for (const std::string& text :
       {std::string("<script>alert(1)</script>"), std::string("\"><img src=x onerror=alert(1)>"),
        std::string("' onload='alert(1)"), std::string("&lt;b&gt; & &#60;i&#62;"),
        std::string("-->]]></style></title></svg>"), std::string("M\xfcller <b>"),
        std::string("a\x01\x1b[31m\x7f"), std::string("nul \0 <b>", 9)}) {
    CAPTURE(text);
    CheckHarmless(text);
  }
  const std::string page = ReportPage(ReportWith("<script>&\"'"));
  REQUIRE_FALSE(absl::StrContains(page, "<script"));
  REQUIRE(absl::StrContains(page, "&lt;script&gt;&amp;&quot;&#39;"));
  // What turns the direction of reading, or is not seen, is shown as such.
  const std::string turned = ReportPage(ReportWith("a\u202eb\u200bc"));
  REQUIRE_FALSE(absl::StrContains(turned, "\u202e"));
  REQUIRE_FALSE(absl::StrContains(turned, "\u200b"));
  REQUIRE(absl::StrContains(turned, "a?b&lt;U+200B&gt;c"));
}

TEST_CASE("report page: whatever bytes a text is made of, the markup is the same") {
  const auto result = rc::check([](std::string text) {
    std::erase(text, '\n');                  // (parts evidence, which is then shown in more lines)
    if (!text.empty()) CheckHarmless(text);  // (what is empty has no reason, and so no markup)
  });
  REQUIRE(result);
}

TEST_CASE("report page: it needs nothing from elsewhere, and may get nothing") {
  const std::string page = ReportPage(ReportWith("x"));
  REQUIRE(absl::StartsWith(page, kReportBegin));
  for (const char* word : {"http:", "https:", "src=", "href=", "url(", "@import", "<script",
                           "<link", "<img", "<iframe", "javascript", " on"}) {
    CAPTURE(word);
    for (const std::string& tag : TagsOf(page)) REQUIRE_FALSE(absl::StrContains(tag, word));
    REQUIRE_FALSE(
        absl::StrContains(ReportStyle().text(), word == std::string(" on") ? "</" : word));
  }
  REQUIRE(absl::StrContains(page, "content=\"default-src 'none'; style-src 'unsafe-inline'"));
}

TEST_CASE("report page: every element is closed, and each where it was opened") {
  const std::string page = ReportPage(ReportWith("x"));
  std::vector<std::string> open;
  for (const std::string& tag : TagsOf(page)) {
    const std::string name = NameOfTag(tag);
    if (name == "!doctype" || name == "!--" || name == "meta" || name == "br") continue;
    if (absl::EndsWith(tag, "/>")) continue;
    if (name[0] != '/') {
      open.push_back(name);
      continue;
    }
    CAPTURE(tag);
    REQUIRE_FALSE(open.empty());
    REQUIRE("/" + open.back() == name);
    open.pop_back();
  }
  REQUIRE(open.empty());
}

TEST_CASE("report page: headings are in order, tables have captions and their heads a scope") {
  const std::string page = ReportPage(ReportWith("x"));
  REQUIRE(absl::StrContains(page, "<html lang=\"en\">"));
  const std::vector<std::string> levels = Matches(page, "<h([1-6])");
  REQUIRE(levels.front() == "1");
  for (size_t i = 1; i < levels.size(); ++i) {
    REQUIRE(levels[i] != "1");
    REQUIRE(std::stoi(levels[i]) <= std::stoi(levels[i - 1]) + 1);
  }
  const std::vector<std::string> sections = Matches(page, "<h2>([^<]*)");
  REQUIRE(sections == std::vector<std::string>{"Due by week", "Needs you", "Under way", "Done"});
  REQUIRE(Matches(page, "<table").size() == Matches(page, "<table[^>]*>\\s*<caption>").size());
  REQUIRE(Matches(page, "<th[ >]").size() == Matches(page, "<th scope=\"(?:row|col)\"").size());
  REQUIRE(Matches(page, "<svg[^>]*role=\"img\"").size() == Matches(page, "<desc").size());
  const std::vector<std::string> ids = Matches(page, " id=\"([^\"]*)\"");
  REQUIRE(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
}

TEST_CASE("report page: numbers of a service that lies draw no bar beyond its room") {
  Gathering gathering(kReportTime);
  for (const int64_t number : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0},
                               std::numeric_limits<int64_t>::max()}) {
    LedgerTrade trade = TradeUnderWay(1);
    trade.payment->due = trade.payment->captured = number;
    trade.delivery->lines[0].delivered = number;
    trade.payment->planned_captures = {{1, number, "1", kReportTime + absl::Hours(1)}};
    gathering.Add(trade, {});
    trade.payment->captured = 0;
    gathering.Add(trade, {});
  }
  const std::string page = ReportPage(Finished(std::move(gathering)));
  for (const std::string& width : Matches(page, "width=\"([^\"]*)%\"")) {
    REQUIRE(std::stod(width) >= 0);
    REQUIRE(std::stod(width) <= 100);
  }
}

TEST_CASE("report page: an empty ledger is told in words") {
  const std::string page = ReportPage(Finished(Gathering(kReportTime)));
  REQUIRE(absl::StrContains(page, "No service has been heard yet"));
  REQUIRE(absl::StrContains(page, "Nothing is due."));
  REQUIRE(absl::StrContains(page, "Nothing. No warning is open."));
}

// Of a colour as #rrggbb; WCAG 2, relative luminance.
double Luminance(const std::string& color) {
  const auto channel = [&](size_t at) {
    const double value = std::stoi(color.substr(at, 2), nullptr, 16) / 255.0;
    return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

double Contrast(const std::string& one, const std::string& other) {
  const double a = Luminance(one);
  const double b = Luminance(other);
  return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

TEST_CASE("report page: texts and marks contrast enough in light and dark and on paper") {
  const std::string style(ReportStyle().text());
  const std::vector<std::string> schemes = Matches(style, ":root \\{([^}]*)\\}");
  REQUIRE(schemes.size() == 3);
  for (const std::string& scheme : schemes) {
    std::map<std::string, std::string> colors;
    const std::regex line("--([a-z]+): (#[0-9a-f]{6});");
    for (std::sregex_iterator at(scheme.begin(), scheme.end(), line), end; at != end; ++at) {
      colors[at->str(1)] = at->str(2);
    }
    for (const char* text : {"ink", "soft", "bad"}) {
      CAPTURE(scheme, text);
      REQUIRE(Contrast(colors.at(text), colors.at("page")) >= 4.5);
      REQUIRE(Contrast(colors.at(text), colors.at("wood")) >= 4.5);
    }
    REQUIRE(Contrast(colors.at("ink"), colors.at("cut")) >= 4.5);
    // What is drawn and not written.
    REQUIRE(Contrast(colors.at("bar"), colors.at("page")) >= 3);
    REQUIRE(Contrast(colors.at("bar"), colors.at("wood")) >= 3);
    REQUIRE(Contrast(colors.at("bad"), colors.at("cut")) >= 3);
  }
  // No other colour is anywhere.
  REQUIRE(Matches(style, "#[0-9a-f]{3,8}").size() ==
          Matches(style, "--[a-z]+: #[0-9a-f]{6};").size());
}

}  // namespace
}  // namespace tallystick::testing
