#include "platform/trade/terms.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

namespace tallystick {
namespace {

using Event = TermsRule::Event;

constexpr TermsRule kRules[] = {
    {Terms::kPrepaid, "PREPAID", Event::kDispatch, absl::ZeroDuration()},
    {Terms::kOnDelivery, "ON_DELIVERY", Event::kArrival, absl::ZeroDuration()},
    {Terms::kNet30, "NET_30", Event::kArrival, absl::Hours(24 * 30)},
};
constexpr TermsRule kUnknown = {Terms::kUnspecified, "UNSPECIFIED", Event::kArrival,
                                absl::ZeroDuration()};

}  // namespace

std::span<const TermsRule> AllTerms() { return kRules; }

const TermsRule& RuleOf(Terms terms) {
  const auto* const found = std::ranges::find(kRules, terms, &TermsRule::terms);
  return found == std::end(kRules) ? kUnknown : *found;
}

bool IsKnown(Terms terms) { return RuleOf(terms).terms != Terms::kUnspecified; }

bool IsPlanned(Terms terms) { return RuleOf(terms).period > absl::ZeroDuration(); }

std::string ToString(Terms terms) {
  if (IsKnown(terms) || terms == Terms::kUnspecified) return std::string(RuleOf(terms).name);
  return absl::StrCat("UNKNOWN(", static_cast<int>(terms), ")");
}

std::optional<Terms> ParseTerms(absl::string_view text) {
  const std::string word = absl::AsciiStrToUpper(absl::StrReplaceAll(text, {{"-", "_"}}));
  const auto* const found = std::ranges::find(kRules, word, &TermsRule::name);
  if (found == std::end(kRules)) return std::nullopt;
  return found->terms;
}

std::string TermsToChooseFrom() {
  std::vector<absl::string_view> names;
  for (const TermsRule& rule : kRules) names.push_back(rule.name);
  const absl::string_view last = names.back();
  names.pop_back();
  return absl::StrCat(absl::StrJoin(names, ", "), " or ", last);
}

TermsPeriods LawfulPeriods() {
  TermsPeriods periods;
  for (const TermsRule& rule : kRules) {
    if (IsPlanned(rule.terms)) periods[rule.terms] = rule.period;
  }
  return periods;
}

absl::Duration PeriodOf(const TermsPeriods& periods, Terms terms) {
  const auto found = periods.find(terms);
  return found == periods.end() ? absl::ZeroDuration() : found->second;
}

std::string PeriodSetting(Terms terms) {
  return absl::StrCat(absl::AsciiStrToLower(absl::StrReplaceAll(RuleOf(terms).name, {{"_", "-"}})),
                      "-period-ms");
}

}  // namespace tallystick
