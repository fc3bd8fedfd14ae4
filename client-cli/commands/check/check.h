// Asking the services about trades, matching their answers, and writing both into the ledger: what
// track and sync share.
#pragma once

#include <vector>

#include "absl/functional/function_ref.h"
#include "client-cli/commands/command.h"
#include "client-cli/match/match.h"
#include "client-cli/output/trade_text.h"

namespace tallystick {

struct CheckedTrade {
  LedgerTrade trade;  // with the latest answers
  TradeView view;     // what came back this time about this trade
  // What the check found now, then what it found before and nobody has acknowledged or resolved.
  std::vector<Warning> warnings;
  std::vector<bool> acknowledged;        // one for each warning
  std::vector<Lag> lags;                 // what is still on its way between the services
  bool in_step = false;                  // all three answered, at revisions that know of each other
  RowNotes notes;                        // of services whose last answer is an earlier one
  std::vector<std::string> unreachable;  // services that gave no answer, with the reason
  bool not_allowed = false;              // one of them because of who asks
  bool complete = true;                  // every service answered about this trade
};

// Trades must be placed. They may be of several shops; each is asked as its buyer there.
std::vector<CheckedTrade> CheckTrades(Context& context, std::vector<LedgerTrade> trades);
// The same of any number: they are read, asked about, judged and kept a part at a time, and given
// to `visit` one after the other, by shop and in their order. Shows how far it is.
void CheckMany(Context& context, std::vector<PlacedTrade> trades,
               absl::FunctionRef<void(CheckedTrade)> visit);

// What the match says of answers that came in, before the ledger gets them. Without the past,
// nothing is held against what the services said before: these may be answers about a time before
// that.
CheckedTrade Judge(Context& context, const LedgerTrade& trade, TradeView view, bool with_past,
                   absl::Time now);

// The same, and what the ledger then holds; one transaction of
// the ledger is around it. `partial`: not all services have been asked.
CheckedTrade JudgeAndKeep(Context& context, LedgerTrade trade, TradeView view, bool partial,
                          absl::Time now);

// "payment is 1 step ahead of the shop's account, since 2 s".
std::string LagWords(const Lag& lag, absl::Time now);

// "payment at 127.0.0.1:7402: nothing listens there (connection refused)", for one of
// `unreachable`.
std::string NoAnswerWords(const CheckedTrade& checked, const std::string& unreachable);

// A warning that nobody has acknowledged.
bool HasNewWarning(const CheckedTrade& checked);

// Of one, or the worst: 3 if there is a warning that nobody has acknowledged, else 5 if somebody
// was not allowed to ask, else 4 if a service could not be reached, else 0.
int ExitCodeOf(const CheckedTrade& checked);
int ExitCodeOf(const std::vector<CheckedTrade>& checked);

Json ToJson(const CheckedTrade& checked);

}  // namespace tallystick
