// What a report tells of a ledger.
#include <rapidcheck.h>

#include <numeric>

#include "client-cli/report/dues.h"
#include "client-cli/report/notches.h"
#include "tests/support/catch.h"
#include "tests/unit/report_trades.h"

namespace tallystick::testing {
namespace {

const Notch& NotchCalled(const std::vector<Notch>& notches, const std::string& name) {
  for (const Notch& notch : notches) {
    if (notch.name == name) return notch;
  }
  FAIL("no notch is called " << name);
  return notches.front();
}

std::vector<int64_t> DuesOf(const LedgerTrade& trade) {
  Dues dues = DuesFrom(kReportTime);
  AddDues(trade, kReportTime, dues);
  return dues.by_currency.empty() ? std::vector<int64_t>() : dues.by_currency.begin()->second;
}

TEST_CASE("report: amounts of several currencies stand side by side") {
  Gathering gathering(kReportTime);
  gathering.Add(TradeUnderWay(1), {});
  gathering.Add(TradeUnderWay(2, "EUR"), {});
  gathering.Add(TradeUnderWay(3, "EUR"), {});
  LedgerTrade overpaid = TradeDone(4);
  overpaid.payment->captured = 3700;
  gathering.Add(overpaid, {});
  const LedgerReport report = Finished(std::move(gathering));
  REQUIRE(report.owed == Sums{{"EUR", 6000}, {"USD", 3000}});
  REQUIRE(report.to_come_back == Sums{{"USD", 700}});
  REQUIRE(report.overdue.empty());
  REQUIRE(report.trades == 4);
  REQUIRE(report.under_way == 4);  // what is to come back is not settled
  REQUIRE(report.undelivered == 3);
  REQUIRE(report.latest_answer == kReportTime);
}

TEST_CASE("report: what is due is put into the week of its date") {
  const absl::Time monday =
      absl::FromCivil(absl::CivilSecond(2026, 11, 23, 0, 0, 0), absl::UTCTimeZone());
  REQUIRE(DuesFrom(kReportTime).first_monday == monday);
  REQUIRE(DuesFrom(monday).first_monday == monday);
  LedgerTrade trade = TradeUnderWay(1);
  const absl::Time next = monday + absl::Hours(7 * 24);
  trade.payment->planned_captures = {{1, 100, "1", kReportTime - absl::Seconds(1)},
                                     {2, 200, "2", next - absl::Seconds(1)},
                                     {3, 300, "3", next},
                                     {4, 400, "4", monday + absl::Hours(8 * 7 * 24)}};
  const std::vector<int64_t> dues = DuesOf(trade);
  REQUIRE(dues[Dues::kOverdue] == 100);
  REQUIRE(dues[Dues::kFirstWeek] == 200);
  REQUIRE(dues[Dues::kFirstWeek + 1] == 300);
  REQUIRE(dues[Dues::kLater] == 400);
  REQUIRE(dues[Dues::kUndated] == 2000);
  // Without planned captures, payment's own date counts.
  trade.payment->planned_captures.clear();
  trade.payment->schedule.scheduled = next;
  REQUIRE(DuesOf(trade)[Dues::kFirstWeek + 1] == 3000);
  REQUIRE(DuesOf(TradeDone(2)).empty());
}

TEST_CASE("report: the weeks hold what is owed and nothing else, whatever is planned") {
  REQUIRE(rc::check(
      [](const std::vector<std::pair<int64_t, int32_t>>& planned, int64_t due, int64_t captured) {
        LedgerTrade trade = TradeUnderWay(1);
        trade.payment->due = due;
        trade.payment->captured = captured;
        for (const auto& [amount, minutes] : planned) {
          trade.payment->planned_captures.push_back(
              {1, amount, "1", kReportTime + absl::Minutes(minutes)});
        }
        const std::vector<int64_t> dues = DuesOf(trade);
        RC_ASSERT(std::accumulate(dues.begin(), dues.end(), int64_t{0}) ==
                  std::max<int64_t>(0, OwedOn(trade)));
        for (const int64_t amount : dues) RC_ASSERT(amount >= 0);
      }));
}

TEST_CASE("report: a warning that is open needs the buyer, an acknowledged one does not") {
  KeptWarning open = OpenWarning({"DATE-5", Severity::kNotice, "stands still", {}});
  KeptWarning known = open;
  known.acknowledge_time = kReportTime;
  Gathering gathering(kReportTime);
  gathering.Add(TradeDone(5), {open, open});
  gathering.Add(TradeDone(2), {known});
  gathering.Add(TradeUnderWay(3), {known});
  KeptWarning alarm = open;
  alarm.warning.severity = Severity::kAlarm;
  gathering.Add(TradeUnderWay(4), {known, alarm});
  const LedgerReport report = Finished(std::move(gathering));
  REQUIRE(report.open_warnings == 3);
  REQUIRE(report.warned_trades == 2);
  REQUIRE(report.needs_you.shown.size() == 2);
  REQUIRE(report.needs_you.shown[0].key == 4);  // an alarm comes first, though ordered before
  REQUIRE(report.needs_you.shown[0].warnings[0].warning.severity == Severity::kAlarm);
  REQUIRE(report.done.shown.size() == 1);
  REQUIRE(report.done.shown[0].key == 2);
  REQUIRE(report.on_the_way.shown.size() == 1);
  REQUIRE(report.months.at(MonthOf(kReportTime)).trades == 1);
  REQUIRE(report.months.at(MonthOf(kReportTime)).paid == Sums{{"USD", 3000}});
}

TEST_CASE("report: of many trades the first are shown, and the rest is counted") {
  const int64_t many = 3 * kMostDone + 7;
  Gathering gathering(kReportTime);
  for (int64_t i = 1; i <= many; ++i) {
    gathering.Add(TradeDone(i, kReportTime + absl::Hours(i)), {});
    gathering.Add(TradeUnderWay(i), {});
  }
  const LedgerReport report = Finished(std::move(gathering));
  REQUIRE(report.done.shown.size() == kMostDone);
  REQUIRE(report.done.more == static_cast<size_t>(many) - kMostDone);
  REQUIRE(report.done.shown.front().key == many);
  REQUIRE(report.done.shown.back().key == many - static_cast<int64_t>(kMostDone) + 1);
  REQUIRE(report.on_the_way.shown.size() == kMostUnderWay);
  REQUIRE(report.on_the_way.more == static_cast<size_t>(many) - kMostUnderWay);
  size_t done = 0;
  for (const auto& [time, month] : report.months) done += month.trades;
  REQUIRE(done == static_cast<size_t>(many));
}

TEST_CASE("report: of a long timeline the latest changes are shown") {
  Gathering gathering(kReportTime);
  gathering.Add(TradeUnderWay(7), {});
  const LedgerReport report = std::move(gathering).Finish([](int64_t key) {
    REQUIRE(key == 7);
    std::vector<Observation> changes(kMostChangesShown + 3);
    changes.back().revision = 99;
    return changes;
  });
  REQUIRE(report.on_the_way.shown[0].timeline.size() == kMostChangesShown);
  REQUIRE(report.on_the_way.shown[0].timeline.back().revision == 99);
  REQUIRE(report.on_the_way.shown[0].earlier_changes == 3);
}

TEST_CASE("report: the notch that differs between two stubs is marked") {
  LedgerTrade trade = TradeDone(1);
  for (const Notch& notch : NotchesOf(trade, {})) REQUIRE_FALSE(notch.differs);
  trade.delivery->lines[0].delivered = 2;
  trade.payment->due = 2900;
  const std::vector<Notch> notches = NotchesOf(trade, {});
  REQUIRE(NotchCalled(notches, "Due").differs);
  REQUIRE(NotchCalled(notches, "Due").says == PerSide<std::string>{"30.00 USD", "29.00 USD", ""});
  REQUIRE(NotchCalled(notches, "Pieces arrived").differs);
  REQUIRE(NotchCalled(notches, "Pieces arrived, CHAI").says == PerSide<std::string>{"3", "", "2"});
  REQUIRE_FALSE(NotchCalled(notches, "Pieces ordered").differs);
  // A side that was not heard of contradicts nobody.
  trade.delivery.reset();
  REQUIRE_FALSE(NotchCalled(NotchesOf(trade, {}), "Pieces arrived").differs);
}

TEST_CASE("report: a warning's evidence stands at the stub of the side that it is of") {
  const std::vector<KeptWarning> warnings = {
      OpenWarning({"MONEY-2",
                   Severity::kAlarm,
                   "",
                   {{"captured", "9.00 USD"}, {"due", "1.00 USD"}, {"ordered", "2.00 USD"}}}),
      OpenWarning({"WORD-1",
                   Severity::kAlarm,
                   "",
                   {{"captured", "shopping: 1.00 USD; payment: 9.00 USD"},
                    {"revision", "4"},
                    {"service", "payment"}}}),
      OpenWarning({"GOODS-4",
                   Severity::kAlarm,
                   "",
                   {{"its details say", "1"}, {"says", "2"}, {"service", "delivery"}}}),
      OpenWarning({"TWICE-1", Severity::kNotice, "", {{"other trade", "01a2"}}})};
  const std::vector<Notch> notches = NotchesOf(TradeDone(1), warnings);
  REQUIRE(NotchCalled(notches, "MONEY-2").says ==
          PerSide<std::string>{"ordered: 2.00 USD", "captured: 9.00 USD\ndue: 1.00 USD", ""});
  REQUIRE(NotchCalled(notches, "WORD-1").says ==
          PerSide<std::string>{"captured: 1.00 USD", "captured: 9.00 USD\nrevision: 4", ""});
  REQUIRE(NotchCalled(notches, "GOODS-4").says ==
          PerSide<std::string>{"", "", "its details say: 1\nsays: 2"});
  REQUIRE(NotchCalled(notches, "GOODS-4").differs);
  for (const Notch& notch : notches) REQUIRE(notch.name != "TWICE-1");
  REQUIRE(EvidenceOfNoSide(warnings[3].warning) == std::vector<std::string>{"other trade: 01a2"});
  REQUIRE(EvidenceOfNoSide(warnings[1].warning).empty());
}

}  // namespace
}  // namespace tallystick::testing
