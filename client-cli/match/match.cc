#include "client-cli/match/match.h"

#include <map>
#include <utility>

#include "client-cli/match/evidence.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr Rule kRules[] = {
    CheckDigests,      CheckKnown,      CheckTwin,           CheckAsked,       CheckDue,
    CheckCaptured,     CheckRefunds,    CheckMoneyBack,      CheckReturnsPaid, CheckReferences,
    CheckEarned,       CheckAuthorized, CheckEndedGoods,     CheckQuantities,  CheckUnpaidGoods,
    CheckRollUps,      CheckAddress,    CheckPieces,         CheckStates,      CheckCompletedDates,
    CheckOrderOfDates, CheckShopsDates, CheckReturnDeadline, CheckOverdue,     CheckStalled,
    CheckBackwards,    CheckTwoAnswers, CheckShopsWord,      CheckLags,        CheckCounters};

// Of each rule as many warnings as somebody reads; the last one says how many more there are.
constexpr int kMostOfOneRule = 8;

std::vector<Warning> FirstOfEach(std::vector<Warning> warnings) {
  std::map<std::string, int> times;
  std::map<std::string, size_t> last;
  std::vector<Warning> kept;
  for (Warning& warning : warnings) {
    if (++times[warning.rule] > kMostOfOneRule) continue;
    last[warning.rule] = kept.size();
    kept.push_back(std::move(warning));
  }
  for (const auto& [rule, count] : times) {
    if (count <= kMostOfOneRule) continue;
    kept[last[rule]].evidence["and more"] = absl::StrCat(count - kMostOfOneRule, " of this rule");
  }
  return kept;
}

}  // namespace

TradeView Admit(TradeView view, std::vector<Warning>& warnings) {
  CheckTradingIds(view, warnings);
  CheckSizes(view, warnings);
  return WithoutForeignAnswers(std::move(view));
}

Matched MatchAdmitted(TradeView view, std::vector<Warning> said, const MatchSettings& settings,
                      absl::Time now) {
  Matched matched{std::move(view), std::move(said)};
  const Reading reading(matched.view, settings, now);
  for (const Rule rule : kRules) rule(reading, matched.warnings);
  matched.warnings = FirstOfEach(std::move(matched.warnings));
  matched.lags = reading.lags;
  matched.in_step = reading.in_step;
  return matched;
}

Matched MatchAll(TradeView view, const MatchSettings& settings, absl::Time now) {
  std::vector<Warning> said;
  TradeView own = Admit(std::move(view), said);
  return MatchAdmitted(std::move(own), std::move(said), settings, now);
}

std::vector<Warning> Match(const TradeView& view, const MatchSettings& settings, absl::Time now) {
  return MatchAll(view, settings, now).warnings;
}

std::optional<Warning> CheckLimit(const std::string& currency, int64_t owed, int64_t limit) {
  if (owed <= limit) return std::nullopt;
  return Warning{
      "LIMIT-1",
      Severity::kWarning,
      absl::StrCat("what is unsettled exceeds the limit that you have set by ",
                   FormatMoney({currency, SaturatedSubtract(owed, limit)})),
      {{"unsettled", FormatMoney({currency, owed})}, {"limit", FormatMoney({currency, limit})}}};
}

}  // namespace tallystick
