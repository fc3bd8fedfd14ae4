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
  std::map<std::string, std::string> evidence;
};

struct MatchSettings {
  // How far the clocks of two honest machines may differ.
  absl::Duration clock_skew = absl::Minutes(5);
  // How long an honest message between two servers may take.
  absl::Duration report_delay = absl::Minutes(2);
  // How long a service may not know a trade that was placed.
  absl::Duration unknown_grace = absl::Minutes(2);
};

// In the order of the rules' table. An answer about another trade gives ID-1 and is not looked at
// further: it is not added to the trade.
std::vector<Warning> Match(const TradeView& view, const MatchSettings& settings, absl::Time now);

// A view without the answers that are about another trade.
TradeView WithoutForeignAnswers(TradeView view);

// What every rule looks like.
using Rule = std::vector<Warning> (*)(const TradeView&, const MatchSettings&, absl::Time now);

// One function for each rule, in identity_rules.cc, money_rules.cc, goods_rules.cc, date_rules.cc
// and word_rules.cc.
std::vector<Warning> CheckTradingIds(const TradeView&, const MatchSettings&, absl::Time);  // ID-1
std::vector<Warning> CheckDigests(const TradeView&, const MatchSettings&, absl::Time);     // ID-2
std::vector<Warning> CheckKnown(const TradeView&, const MatchSettings&, absl::Time);       // ID-3
std::vector<Warning> CheckDue(const TradeView&, const MatchSettings&, absl::Time);       // MONEY-1
std::vector<Warning> CheckCaptured(const TradeView&, const MatchSettings&, absl::Time);  // MONEY-2
std::vector<Warning> CheckEndedGoods(const TradeView&, const MatchSettings&,
                                     absl::Time);  // GOODS-1
std::vector<Warning> CheckQuantities(const TradeView&, const MatchSettings&,
                                     absl::Time);                                       // GOODS-2
std::vector<Warning> CheckRollUps(const TradeView&, const MatchSettings&, absl::Time);  // GOODS-4
std::vector<Warning> CheckCompletedDates(const TradeView&, const MatchSettings&,
                                         absl::Time);                                      // DATE-1
std::vector<Warning> CheckShopsDates(const TradeView&, const MatchSettings&, absl::Time);  // DATE-3
std::vector<Warning> CheckShopsWord(const TradeView&, const MatchSettings&, absl::Time);   // WORD-1

}  // namespace tallystick
