#include "client-cli/mcp/spending.h"

#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/input/arguments.h"
#include "platform/trade/rollup.h"

namespace tallystick::mcp {
namespace {

absl::StatusOr<std::map<std::string, int64_t>> ByCurrency(const std::string& option,
                                                          const std::vector<std::string>& texts) {
  std::map<std::string, int64_t> limits;
  for (const std::string& text : texts) {
    const absl::StatusOr<Money> limit = ParseMoney(text);
    if (!limit.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(option, ": ", limit.status().message()));
    }
    if (limit->minor <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, ": a limit must be more than nothing"));
    }
    if (!limits.emplace(limit->currency, limit->minor).second) {
      return absl::InvalidArgumentError(
          absl::StrCat(option, ": there are two limits in ", limit->currency, ": give one"));
    }
  }
  return limits;
}

constexpr char kAskYourUser[] =
    "Nothing was ordered. Order less, or ask whoever you buy for to order it, or to start tally "
    "mcp "
    "with another limit.";

}  // namespace

absl::StatusOr<SpendingLimits> ParseLimits(const std::vector<std::string>& trade,
                                           const std::vector<std::string>& day) {
  auto by_trade = ByCurrency("--max-trade", trade);
  if (!by_trade.ok()) return by_trade.status();
  auto by_day = ByCurrency("--max-day", day);
  if (!by_day.ok()) return by_day.status();
  SpendingLimits limits{*std::move(by_trade), *std::move(by_day)};
  for (const auto& [some, others, missing] :
       {std::tuple(&limits.trade, &limits.day, "--max-day"),
        std::tuple(&limits.day, &limits.trade, "--max-trade")}) {
    for (const auto& [currency, limit] : *some) {
      if (others->contains(currency)) continue;
      return absl::InvalidArgumentError(absl::StrCat("a limit in ", currency, " is missing: give ",
                                                     missing, " \"50.00 ", currency, "\", too"));
    }
  }
  return limits;
}

absl::Status CheckSpending(const SpendingLimits& limits, const Money& total, Ledger& ledger,
                           absl::Time now) {
  const auto trade = limits.trade.find(total.currency);
  const auto day = limits.day.find(total.currency);
  if (trade == limits.trade.end() || day == limits.day.end()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the order is in ", total.currency, ", for which no limit is set. ", kAskYourUser));
  }
  if (total.minor > trade->second) {
    return absl::FailedPreconditionError(
        absl::StrCat("the order costs ", FormatMoney(total), ", and a trade may cost at most ",
                     FormatMoney({total.currency, trade->second}), ". ", kAskYourUser));
  }
  const Money before{total.currency, ledger.OrderedSince(now - kDay)[total.currency]};
  if (SaturatedAdd(before.minor, total.minor) > day->second) {
    return absl::FailedPreconditionError(
        absl::StrCat("the order costs ", FormatMoney(total), ", and ", FormatMoney(before),
                     " were ordered in the last 24 hours, in which at most ",
                     FormatMoney({total.currency, day->second}), " may be. ", kAskYourUser));
  }
  return absl::OkStatus();
}

std::string LimitsText(const SpendingLimits& limits) {
  std::vector<std::string> texts;
  for (const auto& [currency, trade] : limits.trade) {
    texts.push_back(absl::StrCat(FormatMoney({currency, trade}), " a trade and ",
                                 FormatMoney({currency, limits.day.at(currency)}),
                                 " in any 24 hours"));
  }
  return absl::StrJoin(texts, ", ");
}

}  // namespace tallystick::mcp
