// What a report tells of a ledger: plain values, bounded in number however many trades there are.
// Texts are as somebody sent them; the page escapes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "client-cli/trade/sides.h"
#include "client-cli/trade/trade.h"
#include "client-cli/trade/warning.h"

namespace tallystick {

// How much is shown; the page says how much more there is.
inline constexpr size_t kMostNeedingYou = 50;
inline constexpr size_t kMostUnderWay = 200;
inline constexpr size_t kMostDone = 200;
inline constexpr size_t kMostUnanswered = 50;
inline constexpr size_t kMostMonths = 36;
inline constexpr size_t kMostPlots = 4;
// Of one trade.
inline constexpr size_t kMostLinesShown = 20;
inline constexpr size_t kMostWarningsShown = 12;
inline constexpr size_t kMostChangesShown = 40;

// Amounts by currency, which are never added together, in minor units.
using Sums = std::map<std::string, int64_t>;

// When what is owed is to be paid: the overdue, the weeks from that of the report on, what comes
// after them, and what has no date before the goods leave or arrive.
struct Dues {
  static constexpr int kWeeks = 8;
  static constexpr int kOverdue = 0;
  static constexpr int kFirstWeek = 1;
  static constexpr int kLater = kFirstWeek + kWeeks;
  static constexpr int kUndated = kLater + 1;
  static constexpr int kCount = kUndated + 1;

  absl::Time first_monday;                                  // midnight in UTC
  std::map<std::string, std::vector<int64_t>> by_currency;  // kCount amounts each
};

// What the three say of one thing; empty where a side says nothing of it.
struct Notch {
  std::string name;
  PerSide<std::string> says;
  bool differs = false;
};

struct GoodsLine {
  std::string sku;
  std::string name;
  int64_t quantity = 0;
  int64_t amount = 0;
};

// One trade: its row, and what that opens to.
struct TradeCard {
  int64_t key = 0;
  std::string trading_id;
  std::string reference;
  std::string shop;
  absl::Time order_time;
  absl::Time promised_time;
  absl::Time change_time;  // the last that a service tells of
  std::string currency;
  std::string terms;
  int64_t delivery_fee = 0;
  int64_t total = 0;
  int64_t owed = 0;  // negative: to come back
  int64_t due = 0;
  int64_t paid = 0;  // what was taken and not given back
  int64_t ordered = 0;
  int64_t arrived = 0;
  int64_t returned = 0;
  PerSide<std::string> states;  // empty: not heard of
  PerSide<bool> doubted;
  std::vector<std::string> address;
  std::vector<GoodsLine> lines;
  size_t more_lines = 0;
  std::vector<std::string> reasons;   // why something was refused, failed or ended
  std::vector<KeptWarning> warnings;  // not resolved
  size_t more_warnings = 0;
  std::vector<Notch> notches;         // of those that need the buyer
  std::vector<Observation> timeline;  // the latest changes, by their time
  size_t earlier_changes = 0;
};

// A section's cards, and how many more trades belong to it.
struct Cards {
  std::vector<TradeCard> shown;
  size_t more = 0;
};

struct Month {
  size_t trades = 0;
  Sums paid;
};

// An order that has had no answer.
struct Unanswered {
  std::string reference;
  std::string request_id;
  std::string shop;
  absl::Time create_time;
  bool maybe_placed = false;
};

struct LedgerReport {
  absl::Time made;
  std::optional<absl::Time> latest_answer;  // none: no service was ever heard
  size_t trades = 0;
  Sums owed;
  Sums overdue;  // of it
  Sums to_come_back;
  size_t under_way = 0;    // those that have not ended, in which section ever
  size_t undelivered = 0;  // of them
  size_t open_warnings = 0;
  size_t warned_trades = 0;
  Dues dues;
  std::vector<Warning> limits;  // LIMIT-1
  std::vector<Unanswered> unanswered;
  size_t more_unanswered = 0;
  size_t unanswered_requests = 0;  // to cancel or to return
  Cards needs_you;
  Cards on_the_way;
  Cards done;
  std::map<absl::Time, Month> months;  // of all that are done, by the month's first moment
};

// The first moment of its month, in UTC.
absl::Time MonthOf(absl::Time time);

}  // namespace tallystick
