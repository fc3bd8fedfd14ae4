// The parts that a report's page is put together from.
#pragma once

#include "client-cli/report/html.h"
#include "client-cli/report/model.h"

namespace tallystick {

// What is due by week: a plot for each currency, and all figures as a table.
Html DuesPart(const Dues& dues);

Html NeedsYouPart(const LedgerReport& report);
Html UnderWayPart(const LedgerReport& report);
Html DonePart(const LedgerReport& report);

// A row that opens to what CardDetails has.
Html CardRow(const TradeCard& card);
// Goods, address and timeline.
Html CardDetails(const TradeCard& card);

// The warnings of a trade as a list; nothing when there are none.
Html WarningList(const TradeCard& card);

// "2026-11-22 18:00", in UTC.
Html TimeHtml(absl::Time time);
// "22 November 2026" without the time of day, by absl's `format`.
std::string TextOf(absl::Time time, const char* format);
// "3 trades", "1 trade".
std::string CountOf(size_t number, const char* what);
// What the buyer calls the trade: its reference, else the beginning of its id.
std::string NameOf(const TradeCard& card);
// One amount a line; `none` where there is none.
Html SumsHtml(const Sums& sums, const char* none);

}  // namespace tallystick
