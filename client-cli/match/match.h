// The match: compares what the ledger holds with what the three services answer. Each rule is a
// pure function of a Reading (the view, the settings, now) in one place; match.cc has their table,
// fields.txt says for every field of the answers which rules look at it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client-cli/match/reading.h"
#include "client-cli/match/settings.h"
#include "client-cli/trade/view.h"
#include "client-cli/trade/warning.h"

namespace tallystick {

// What the match makes of the answers.
struct Matched {
  TradeView view;  // without the answers that are not looked at
  std::vector<Warning> warnings;
  std::vector<Lag> lags;
  bool in_step = false;
};

// Takes out the answers that are about another trade (ID-1) or that no trade can hold (SIZE-1), and
// says so: they are not looked at further, and not added to the trade.
TradeView Admit(TradeView view, std::vector<Warning>& warnings);

// The rules over what was admitted; `said` are Admit's warnings and come first.
Matched MatchAdmitted(TradeView view, std::vector<Warning> said, const MatchSettings& settings,
                      absl::Time now);

// Both. Warnings in the order of the rules' table, of each rule a few at most.
Matched MatchAll(TradeView view, const MatchSettings& settings, absl::Time now);

// Only the warnings.
std::vector<Warning> Match(const TradeView& view, const MatchSettings& settings, absl::Time now);

// A view without those answers.
TradeView WithoutForeignAnswers(TradeView view);

// Of the whole view, foreign answers included: identity_rules.cc.
void CheckTradingIds(const TradeView&, std::vector<Warning>&);  // ID-1
void CheckSizes(const TradeView&, std::vector<Warning>&);       // SIZE-1

// What every other rule looks like: it adds what it finds.
using Rule = void (*)(const Reading&, std::vector<Warning>&);

// One function for each rule, in the file of its family.
void CheckDigests(const Reading&, std::vector<Warning>&);         // ID-2     identity_rules.cc
void CheckKnown(const Reading&, std::vector<Warning>&);           // ID-3
void CheckTwin(const Reading&, std::vector<Warning>&);            // TWICE-1
void CheckAsked(const Reading&, std::vector<Warning>&);           // ASKED-1
void CheckDue(const Reading&, std::vector<Warning>&);             // MONEY-1  money_rules.cc
void CheckCaptured(const Reading&, std::vector<Warning>&);        // MONEY-2
void CheckRefunds(const Reading&, std::vector<Warning>&);         // MONEY-3
void CheckMoneyBack(const Reading&, std::vector<Warning>&);       // MONEY-4
void CheckReferences(const Reading&, std::vector<Warning>&);      // MONEY-6
void CheckReturnsPaid(const Reading&, std::vector<Warning>&);     // MONEY-5  return_rules.cc
void CheckEarned(const Reading&, std::vector<Warning>&);          // MONEY-7  earned_rules.cc
void CheckAuthorized(const Reading&, std::vector<Warning>&);      // MONEY-8
void CheckEndedGoods(const Reading&, std::vector<Warning>&);      // GOODS-1  goods_rules.cc
void CheckQuantities(const Reading&, std::vector<Warning>&);      // GOODS-2
void CheckUnpaidGoods(const Reading&, std::vector<Warning>&);     // GOODS-3
void CheckAddress(const Reading&, std::vector<Warning>&);         // GOODS-5
void CheckRollUps(const Reading&, std::vector<Warning>&);         // GOODS-4  rollup_rules.cc
void CheckPieces(const Reading&, std::vector<Warning>&);          // GOODS-6  pieces_rules.cc
void CheckStates(const Reading&, std::vector<Warning>&);          // GOODS-7  state_rules.cc
void CheckCompletedDates(const Reading&, std::vector<Warning>&);  // DATE-1   date_rules.cc
void CheckOrderOfDates(const Reading&, std::vector<Warning>&);    // DATE-2
void CheckShopsDates(const Reading&, std::vector<Warning>&);      // DATE-3
void CheckReturnDeadline(const Reading&, std::vector<Warning>&);  // DATE-3
void CheckOverdue(const Reading&, std::vector<Warning>&);         // DATE-4
void CheckStalled(const Reading&, std::vector<Warning>&);         // DATE-5
void CheckBackwards(const Reading&, std::vector<Warning>&);       // HISTORY-1  history_rules.cc
void CheckTwoAnswers(const Reading&, std::vector<Warning>&);      // HISTORY-2
void CheckShopsWord(const Reading&, std::vector<Warning>&);       // WORD-1   word_rules.cc
void CheckLags(const Reading&, std::vector<Warning>&);            // WORD-1, WORD-2
void CheckCounters(const Reading&, std::vector<Warning>&);        // WORD-2

// LIMIT-1, of all trades together: `owed` and `limit` in minor units. Nullopt when it is kept.
std::optional<Warning> CheckLimit(const std::string& currency, int64_t owed, int64_t limit);

}  // namespace tallystick
