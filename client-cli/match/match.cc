#include "client-cli/match/match.h"

#include <algorithm>
#include <iterator>

namespace tallystick {
namespace {

// ID-1 comes first and alone: the rules below it see only answers about this trade.
constexpr Rule kRules[] = {CheckDigests,    CheckKnown,      CheckTwin,           CheckDue,
                           CheckCaptured,   CheckRefunds,    CheckMoneyBack,      CheckReturnsPaid,
                           CheckReferences, CheckEndedGoods, CheckQuantities,     CheckUnpaidGoods,
                           CheckRollUps,    CheckAddress,    CheckCompletedDates, CheckOrderOfDates,
                           CheckShopsDates, CheckOverdue,    CheckStalled,        CheckBackwards,
                           CheckTwoAnswers, CheckShopsWord};

template <typename Status>
void DropForeign(const Uuid& trading_id, Answer<Status>& answer) {
  if (answer.get() != nullptr && answer.status.trading_id != trading_id) answer = {};
}

}  // namespace

std::string ToString(Severity severity) {
  switch (severity) {
    case Severity::kNotice: return "notice";
    case Severity::kWarning: return "warning";
    case Severity::kAlarm: return "alarm";
  }
  return "warning";
}

TradeView WithoutForeignAnswers(TradeView view) {
  const Uuid& id = view.contents.trading_id;
  DropForeign(id, view.order);
  DropForeign(id, view.payment);
  DropForeign(id, view.delivery);
  DropForeign(id, view.shops_word);
  if (view.payment.get() == nullptr) view.foreign_references.clear();
  return view;
}

std::vector<Warning> Match(const TradeView& view, const MatchSettings& settings, absl::Time now) {
  std::vector<Warning> warnings = CheckTradingIds(view, settings, now);
  const TradeView own = WithoutForeignAnswers(view);
  for (const Rule rule : kRules) {
    std::vector<Warning> found = rule(own, settings, now);
    std::move(found.begin(), found.end(), std::back_inserter(warnings));
  }
  return warnings;
}

std::optional<Warning> CheckLimit(const std::string& currency, int64_t owed, int64_t limit) {
  if (owed <= limit) return std::nullopt;
  return Warning{
      "LIMIT-1",
      Severity::kWarning,
      "what is unsettled exceeds the limit that you have set",
      {{"unsettled", FormatMoney({currency, owed})}, {"limit", FormatMoney({currency, limit})}}};
}

}  // namespace tallystick
