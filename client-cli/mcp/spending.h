// How much a program may spend: by trade, and by day.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client-cli/ledger/ledger.h"
#include "platform/money/money.h"

namespace tallystick::mcp {

// What counts as a day: the last so many hours, so that no midnight makes two days of one night.
inline constexpr absl::Duration kDay = absl::Hours(24);

// In minor units, by currency; both have the same currencies.
struct SpendingLimits {
  std::map<std::string, int64_t> trade;
  std::map<std::string, int64_t> day;
};

// "50.00 USD", one a currency. INVALID_ARGUMENT when one is no positive amount, or a currency has a
// limit of one kind only.
absl::StatusOr<SpendingLimits> ParseLimits(const std::vector<std::string>& trade,
                                           const std::vector<std::string>& day);

// FAILED_PRECONDITION, with the amounts, when an order of `total` would be beyond a limit of a
// trade, or together with what the ledger says was ordered in the last day, whoever ordered it,
// beyond that of a day. There is no limit in other currencies, so nothing is ordered in them.
absl::Status CheckSpending(const SpendingLimits& limits, const Money& total, Ledger& ledger,
                           absl::Time now);

// "50.00 USD a trade and 200.00 USD a day".
std::string LimitsText(const SpendingLimits& limits);

}  // namespace tallystick::mcp
