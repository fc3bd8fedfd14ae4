#include "client-cli/report/gather.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client-cli/report/dues.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

void AddTo(Sums& sums, const std::string& currency, int64_t amount) {
  if (amount <= 0) return;
  int64_t& sum = sums[currency];
  sum = SaturatedAdd(sum, amount);
}

size_t OpenOf(const std::vector<KeptWarning>& warnings) {
  return static_cast<size_t>(std::ranges::count_if(warnings, [](const KeptWarning& kept) {
    return !kept.resolve_time && !kept.acknowledge_time;
  }));
}

Severity WorstOf(const TradeCard& card) {
  Severity worst = Severity::kNotice;
  for (const KeptWarning& kept : card.warnings) {
    if (!kept.acknowledge_time) worst = std::max(worst, kept.warning.severity);
  }
  return worst;
}

// Which cards come first, and so are kept.
bool IsWorse(const TradeCard& one, const TradeCard& other) {
  return std::pair(WorstOf(one), one.order_time) > std::pair(WorstOf(other), other.order_time);
}
bool IsOrderedLater(const TradeCard& one, const TradeCard& other) {
  return one.order_time > other.order_time;
}
bool IsChangedLater(const TradeCard& one, const TradeCard& other) {
  return one.change_time > other.change_time;
}

using Before = bool (*)(const TradeCard&, const TradeCard&);

void KeepFirst(Cards& cards, size_t most, Before before) {
  std::ranges::stable_sort(cards.shown, before);
  if (cards.shown.size() <= most) return;
  cards.more += cards.shown.size() - most;
  cards.shown.resize(most);
}

// Twice as many as are kept at the most, so that a card costs no sorting.
void Put(TradeCard card, size_t most, Before before, Cards& cards) {
  cards.shown.push_back(std::move(card));
  if (cards.shown.size() >= 2 * most) KeepFirst(cards, most, before);
}

}  // namespace

absl::Time MonthOf(absl::Time time) {
  const absl::CivilMonth month = absl::ToCivilMonth(time, absl::UTCTimeZone());
  return absl::FromCivil(month, absl::UTCTimeZone());
}

Gathering::Gathering(absl::Time now) {
  report_.made = now;
  report_.dues = DuesFrom(now);
}

void Gathering::AddSums(const LedgerTrade& trade) {
  const std::string& currency = trade.information->contents.currency;
  AddTo(report_.owed, currency, OwedOn(trade));
  AddTo(report_.overdue, currency, OwedDates(trade, report_.made).overdue);
  AddTo(report_.to_come_back, currency, SaturatedSubtract(0, OwedOn(trade)));
  AddDues(trade, report_.made, report_.dues);
  const auto look = [&](Side side, const auto& status) {
    if (!status) return;
    const absl::Time seen = std::max(trade.seen[side], trade.check_time);
    report_.latest_answer = std::max(report_.latest_answer.value_or(seen), seen);
  };
  ForEachSide(look, trade);
}

void Gathering::AddMonth(const TradeCard& card) {
  Month& month = report_.months[MonthOf(card.change_time)];
  ++month.trades;
  AddTo(month.paid, card.currency, card.paid);
}

void Gathering::Add(const LedgerTrade& trade, std::vector<KeptWarning> warnings) {
  ++report_.trades;
  AddSums(trade);
  const size_t open = OpenOf(warnings);
  report_.open_warnings += open;
  if (open > 0) ++report_.warned_trades;
  const bool ended = HasEnded(trade);
  if (!ended) {
    ++report_.under_way;
    if (!IsDelivered(trade)) ++report_.undelivered;
  }
  TradeCard card = CardOf(trade, std::move(warnings));
  if (open > 0) {
    Put(std::move(card), kMostNeedingYou, IsWorse, report_.needs_you);
  } else if (ended) {
    AddMonth(card);
    Put(std::move(card), kMostDone, IsChangedLater, report_.done);
  } else {
    Put(std::move(card), kMostUnderWay, IsOrderedLater, report_.on_the_way);
  }
}

void Gathering::AddUnanswered(const LedgerTrade& order) {
  if (report_.unanswered.size() >= kMostUnanswered) {
    ++report_.more_unanswered;
    return;
  }
  report_.unanswered.push_back({order.request.reference, order.request_id.ToString(), order.profile,
                                order.create_time, order.sendings > 0});
}

LedgerReport Gathering::Finish(
    absl::FunctionRef<std::vector<Observation>(int64_t)> timeline_of) && {
  KeepFirst(report_.needs_you, kMostNeedingYou, IsWorse);
  KeepFirst(report_.on_the_way, kMostUnderWay, IsOrderedLater);
  KeepFirst(report_.done, kMostDone, IsChangedLater);
  for (Cards* cards : {&report_.needs_you, &report_.on_the_way, &report_.done}) {
    for (TradeCard& card : cards->shown) {
      card.timeline = timeline_of(card.key);
      if (card.timeline.size() <= kMostChangesShown) continue;
      card.earlier_changes = card.timeline.size() - kMostChangesShown;
      card.timeline.erase(card.timeline.begin(), card.timeline.end() - kMostChangesShown);
    }
  }
  return std::move(report_);
}

}  // namespace tallystick
