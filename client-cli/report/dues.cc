#include "client-cli/report/dues.h"

#include <algorithm>

#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

int PlaceOf(const Dues& dues, absl::Time time, absl::Time now) {
  if (time <= now) return Dues::kOverdue;
  const absl::Duration week = absl::Hours(24 * 7);
  for (int i = 0; i < Dues::kWeeks; ++i) {
    if (time < dues.first_monday + (i + 1) * week) return Dues::kFirstWeek + i;
  }
  return Dues::kLater;
}

}  // namespace

Dues DuesFrom(absl::Time now) {
  Dues dues;
  const absl::CivilDay today = absl::ToCivilDay(now, absl::UTCTimeZone());
  const absl::CivilDay monday = absl::PrevWeekday(today + 1, absl::Weekday::monday);
  dues.first_monday = absl::FromCivil(monday, absl::UTCTimeZone());
  return dues;
}

// (As OwedDates divides it: what is planned at its dates; where nothing is, at payment's own.)
void AddDues(const LedgerTrade& trade, absl::Time now, Dues& dues) {
  int64_t open = OwedOn(trade);
  if (open <= 0) return;
  std::vector<int64_t>& amounts = dues.by_currency[trade.information->contents.currency];
  amounts.resize(Dues::kCount);
  const auto add = [&](int place, int64_t amount) {
    const int64_t part = std::clamp<int64_t>(amount, 0, open);
    amounts[place] = SaturatedAdd(amounts[place], part);
    open -= part;
  };
  if (trade.payment) {
    for (const PlannedCapture& planned : trade.payment->planned_captures) {
      add(PlaceOf(dues, planned.scheduled_time, now), planned.amount);
    }
    const auto& scheduled = trade.payment->schedule.scheduled;
    if (trade.payment->planned_captures.empty() && scheduled) {
      add(PlaceOf(dues, *scheduled, now), open);
    }
  }
  add(Dues::kUndated, open);
}

}  // namespace tallystick
