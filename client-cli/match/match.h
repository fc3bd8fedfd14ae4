// The match: compares what the ledger holds with what the three services answer. Each rule is a
// pure function of (the view, the settings, now) in one place; this is their table.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "client-cli/match/trade_view.h"

namespace tallystick {

enum class Severity { kNotice, kWarning, kAlarm };
std::string ToString(Severity severity);

struct Warning {
  std::string rule;  // e.g. "MONEY-2"
  Severity severity = Severity::kWarning;
  std::string sentence;  // for a person
  // The same for as long as the fault is the same: no ages, no present time.
  std::map<std::string, std::string> evidence;
};

struct MatchSettings {
  // How far the clocks of two honest machines may differ.
  absl::Duration clock_skew = absl::Minutes(5);
  // How long an honest message between two servers may take.
  absl::Duration report_delay = absl::Minutes(2);
  // How long a service may not know a trade that was placed.
  absl::Duration unknown_grace = absl::Minutes(2);
  // How long money that has to come back may take.
  absl::Duration refund_grace = absl::Hours(24);
  // How late a planned delivery or payment may be.
  absl::Duration overdue_grace = absl::Hours(24);
  // How long an order may be ACCEPTED or CANCEL_PENDING, and a gateway may take.
  absl::Duration stall_limit = absl::Hours(24);
  // How long a return may be under way.
  absl::Duration return_limit = absl::Hours(24 * 30);
};

// In the order of the rules' table. An answer about another trade gives ID-1 and is not looked at
// further: it is not added to the trade.
std::vector<Warning> Match(const TradeView& view, const MatchSettings& settings, absl::Time now);

// A view without the answers that are about another trade.
TradeView WithoutForeignAnswers(TradeView view);

// What every rule looks like.
using Rule = std::vector<Warning> (*)(const TradeView&, const MatchSettings&, absl::Time now);

// One function for each rule, in the file of its family: identity_rules.cc, money_rules.cc,
// return_rules.cc, goods_rules.cc, rollup_rules.cc, date_rules.cc, history_rules.cc, word_rules.cc.
std::vector<Warning> CheckTradingIds(const TradeView&, const MatchSettings&, absl::Time);  // ID-1
std::vector<Warning> CheckDigests(const TradeView&, const MatchSettings&, absl::Time);     // ID-2
std::vector<Warning> CheckKnown(const TradeView&, const MatchSettings&, absl::Time);       // ID-3
std::vector<Warning> CheckTwin(const TradeView&, const MatchSettings&, absl::Time);       // TWICE-1
std::vector<Warning> CheckDue(const TradeView&, const MatchSettings&, absl::Time);        // MONEY-1
std::vector<Warning> CheckCaptured(const TradeView&, const MatchSettings&, absl::Time);   // MONEY-2
std::vector<Warning> CheckRefunds(const TradeView&, const MatchSettings&, absl::Time);    // MONEY-3
std::vector<Warning> CheckMoneyBack(const TradeView&, const MatchSettings&, absl::Time);  // MONEY-4
std::vector<Warning> CheckReturnsPaid(const TradeView&, const MatchSettings&,
                                      absl::Time);  // MONEY-5
std::vector<Warning> CheckReferences(const TradeView&, const MatchSettings&,
                                     absl::Time);  // MONEY-6
std::vector<Warning> CheckEndedGoods(const TradeView&, const MatchSettings&,
                                     absl::Time);  // GOODS-1
std::vector<Warning> CheckQuantities(const TradeView&, const MatchSettings&,
                                     absl::Time);  // GOODS-2
std::vector<Warning> CheckUnpaidGoods(const TradeView&, const MatchSettings&,
                                      absl::Time);                                      // GOODS-3
std::vector<Warning> CheckRollUps(const TradeView&, const MatchSettings&, absl::Time);  // GOODS-4
std::vector<Warning> CheckAddress(const TradeView&, const MatchSettings&, absl::Time);  // GOODS-5
std::vector<Warning> CheckCompletedDates(const TradeView&, const MatchSettings&,
                                         absl::Time);  // DATE-1
std::vector<Warning> CheckOrderOfDates(const TradeView&, const MatchSettings&,
                                       absl::Time);                                        // DATE-2
std::vector<Warning> CheckShopsDates(const TradeView&, const MatchSettings&, absl::Time);  // DATE-3
std::vector<Warning> CheckOverdue(const TradeView&, const MatchSettings&, absl::Time);     // DATE-4
std::vector<Warning> CheckStalled(const TradeView&, const MatchSettings&, absl::Time);     // DATE-5
std::vector<Warning> CheckBackwards(const TradeView&, const MatchSettings&,
                                    absl::Time);  // HISTORY-1
std::vector<Warning> CheckTwoAnswers(const TradeView&, const MatchSettings&,
                                     absl::Time);  // HISTORY-2
std::vector<Warning> CheckShopsWord(const TradeView&, const MatchSettings&, absl::Time);  // WORD-1

// LIMIT-1, of all trades together: `owed` and `limit` in minor units. Nullopt when it is kept.
std::optional<Warning> CheckLimit(const std::string& currency, int64_t owed, int64_t limit);

}  // namespace tallystick
