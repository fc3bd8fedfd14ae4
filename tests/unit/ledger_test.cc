// The ledger as several runs of tally write it.
#include <barrier>
#include <thread>

#include "tests/unit/ledger_file.h"

namespace tallystick::testing {
namespace {

TEST_CASE("ledger: a file that several make at once is made once, and each has it open") {
  constexpr int kFiles = 100;
  constexpr int kRuns = 4;
  for (int i = 0; i < kFiles; ++i) {
    const TempFolder folder;
    std::barrier start(kRuns);
    std::vector<std::string> errors(kRuns);
    std::vector<std::thread> runs;
    for (std::string& error : errors) {
      runs.emplace_back([&] {
        start.arrive_and_wait();
        const auto ledger = Ledger::Open(folder / "ledger.db");
        if (!ledger.ok()) error = ledger.status().ToString();
      });
    }
    for (std::thread& run : runs) run.join();
    REQUIRE(errors == std::vector<std::string>(kRuns));
  }
}

TEST_CASE("ledger: an order being sent by one run keeps another from moving its shop") {
  const LedgerFile file;
  const auto one = file.Open();
  const auto other = file.Open();
  REQUIRE(one->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  REQUIRE(one->BeginSending(Shop("demo"), orders).ok());
  REQUIRE_FALSE(other->PutProfile(Shop("demo", "127.0.0.1:2"), false).ok());
  // It met no connection: the shop may be moved, and is not found where it was.
  one->NoteUndelivered(orders);
  REQUIRE(other->PutProfile(Shop("demo", "127.0.0.1:2"), false).ok());
  REQUIRE(absl::IsAborted(one->BeginSending(Shop("demo"), orders).status()));
  REQUIRE(other->BeginSending(Shop("demo", "127.0.0.1:2"), orders).ok());
  REQUIRE(orders.size() == 1);
}

TEST_CASE("ledger: two sendings at once, of which one arrived, may have arrived") {
  const LedgerFile file;
  const auto one = file.Open();
  const auto other = file.Open();
  REQUIRE(one->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  REQUIRE(one->BeginSending(Shop("demo"), orders).ok());
  std::vector<LedgerTrade> same = other->Pending("demo");
  REQUIRE(other->BeginSending(Shop("demo"), same).ok());
  one->NoteUndelivered(orders);
  REQUIRE(one->Pending("demo")[0].sendings == 1);
  REQUIRE_FALSE(one->Drop(orders[0], false).ok());
  REQUIRE(one->Drop(orders[0], true).ok());
}

TEST_CASE("ledger: an order that another run dropped, or wrote first, is not sent") {
  const LedgerFile file;
  const auto one = file.Open();
  const auto other = file.Open();
  REQUIRE(one->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  REQUIRE(one->BeginSending(Shop("demo"), orders).ok());
  one->NoteUndelivered(orders);
  REQUIRE(other->Drop(orders[0], false).ok());
  auto instead = one->BeginSending(Shop("demo"), orders);
  REQUIRE(instead.ok());
  REQUIRE(orders.empty());
  REQUIRE(instead->size() == 1);
  REQUIRE(instead->front().placement == Placement::kDropped);
  // Its name is free, for one.
  std::vector<LedgerTrade> mine = {Order("demo", "PO-1")};
  std::vector<LedgerTrade> theirs = {Order("demo", "PO-1"), Order("demo", "PO-2")};
  REQUIRE(one->BeginSending(Shop("demo"), mine).ok());
  instead = other->BeginSending(Shop("demo"), theirs);
  REQUIRE(instead.ok());
  REQUIRE(mine.size() == 1);
  REQUIRE(instead->size() == 1);
  REQUIRE(instead->front().request_id == mine[0].request_id);
  REQUIRE(theirs.size() == 1);
  REQUIRE(theirs[0].request.reference == "PO-2");
}

TEST_CASE("ledger: a run that had no answer takes nothing back of what another run had") {
  const LedgerFile file;
  const auto one = file.Open();
  const auto other = file.Open();
  REQUIRE(one->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  REQUIRE(one->BeginSending(Shop("demo"), orders).ok());
  std::vector<LedgerTrade> answered = orders;
  answered[0].placement = Placement::kRefused;
  answered[0].refusal = "no";
  REQUIRE(other->RecordPlacements(answered).ok());
  REQUIRE(one->RecordPlacements(orders).ok());
  REQUIRE(one->Pending().empty());
  REQUIRE(testing::TradesIn(*one)[0].placement == Placement::kRefused);
}

TEST_CASE("ledger: an answer of a dropped order is taken in, without the name that it gave up") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  REQUIRE(ledger->BeginSending(Shop("demo"), orders).ok());
  REQUIRE(ledger->Drop(orders[0], true).ok());
  std::vector<LedgerTrade> second = {Order("demo", "PO-1")};
  REQUIRE(ledger->BeginSending(Shop("demo"), second).ok());
  orders[0].placement = Placement::kPlaced;
  orders[0].information = Information("PO-1");
  REQUIRE(ledger->RecordPlacements(orders).ok());
  REQUIRE(testing::TradesIn(*ledger)[0].placement == Placement::kPlaced);
  REQUIRE(ledger->FindByReference("demo", "PO-1")->key == second[0].key);
}

TEST_CASE(
    "ledger: older answers written late are not the latest, and resolve nothing found since") {
  const LedgerFile file;
  const auto slow = file.Open();
  const auto quick = file.Open();
  REQUIRE(slow->PutProfile(Shop("demo"), true).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(slow->AddKnown("demo", information, kNow) == Listed::kAdded);
  const LedgerTrade trade = testing::TradesIn(*slow)[0];
  const TradeView older = Answers(information, 3, kNow);
  const TradeView newer = Answers(information, 4, kNow + absl::Seconds(1));
  const std::vector<Warning> found = {{"MONEY-2", Severity::kAlarm, "too much", {}}};
  quick->Observe(newer, trade.key, found, false, kNow + absl::Seconds(2));
  slow->Observe(older, trade.key, {}, false, kNow + absl::Seconds(3));
  REQUIRE(testing::TradesIn(*slow)[0].order->revision == 4);
  REQUIRE(testing::TradesIn(*slow)[0].payment->revision == 4);
  REQUIRE(slow->Find("PO-1")->order->revision == 4);
  TradeView recalled = Answers(information, 4, kNow);
  slow->Recall(trade, absl::ZeroDuration(), recalled);
  REQUIRE(recalled.past.order.highest->status.revision == 4);
  REQUIRE(slow->UnresolvedWarnings(trade.key).size() == 1);
  // A later look resolves it.
  slow->Observe(Answers(information, 4, kNow + absl::Seconds(4)), trade.key, {}, false,
                kNow + absl::Seconds(5));
  REQUIRE(slow->UnresolvedWarnings(trade.key).empty());
}

TEST_CASE("ledger: an order that came twice is seen behind many that were meant") {
  constexpr int kMeant = 30;
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  for (int i = 0; i < kMeant; ++i) {
    REQUIRE(ledger->AddKnown("demo", Information("PO-" + std::to_string(i)), kNow) ==
            Listed::kAdded);
  }
  TradingInformation twin = Information("");
  twin.contents.order_time = kNow - absl::Seconds(1);
  REQUIRE(ledger->AddKnown("demo", twin, kNow) == Listed::kAdded);
  const LedgerTrade trade = testing::TradesIn(*ledger)[kMeant - 1];
  TradeView view = Answers(*trade.information, 1, kNow);
  ledger->Recall(trade, absl::Minutes(1), view);
  REQUIRE(view.twin);
  REQUIRE(view.twin->trading_id == twin.contents.trading_id);
}

TEST_CASE("ledger: what has ended is open again when a service is held to something else") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  for (const char* name : {"PO-1", "PO-2"}) {
    REQUIRE(ledger->AddKnown("demo", Information(name), kNow) == Listed::kAdded);
  }
  const int64_t key = testing::TradesIn(*ledger)[0].key;
  const auto count_open = [&] {
    int open = 0;
    ledger->ForEachOpen([&](const LedgerTrade&) { ++open; });
    return open;
  };
  ledger->NoteEnded(key, true, kNow);
  REQUIRE(count_open() == 1);
  REQUIRE(ledger->Placed()[0].ended);
  REQUIRE(ledger->Placed()[0].check_time == kNow);
  REQUIRE_FALSE(ledger->Placed()[1].ended);
  const Warning back = {"HISTORY-1", Severity::kAlarm, "went back", {{"service", "payment"}}};
  ledger->Observe(Answers(Information("PO-1"), 3, kNow), key, {back}, false, kNow);
  REQUIRE(ledger->Acknowledge(ledger->Warnings(key)[0].id, kNow));
  REQUIRE(count_open() == 2);
  REQUIRE_FALSE(ledger->Placed()[0].ended);
  // Or when it says something new, such as that a return was asked for.
  ledger->NoteEnded(key, true, kNow);
  ledger->Observe(Answers(Information("PO-1"), 4, kNow), key, {}, false, kNow);
  REQUIRE(count_open() == 2);
}

TEST_CASE("ledger: an answer with the trading id of another order is not taken") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1"), Order("demo", "PO-2")};
  for (LedgerTrade& order : orders) order.request.payment_method = "pm";
  REQUIRE(ledger->BeginSending(Shop("demo"), orders).ok());
  orders[0].placement = Placement::kPlaced;
  orders[0].information = Information("PO-1");
  orders[1].placement = Placement::kPlaced;
  orders[1].information = Information("PO-2");
  orders[1].information->contents.trading_id = orders[0].information->contents.trading_id;
  orders[1].information->trading_id = orders[0].information->trading_id;
  REQUIRE(absl::IsInternal(ledger->RecordPlacements(orders)));
  REQUIRE(orders[0].placement == Placement::kPlaced);
  REQUIRE(orders[1].placement == Placement::kPending);
  REQUIRE(ledger->Pending().size() == 1);
  REQUIRE(ledger->Pending()[0].request.reference == "PO-2");
}

TEST_CASE("ledger: a request whose outcome only sync saw is the same one again, once") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  REQUIRE(ledger->AddKnown("demo", Information("PO-1"), kNow) == Listed::kAdded);
  const int64_t key = testing::TradesIn(*ledger)[0].key;
  const auto ask = [&](absl::Time time) {
    return ledger->AddRequest(
        {NewUuidV7(time), key, TradeRequest::kReturn, {{"CHAI", 1}}, "", time});
  };
  const TradeRequest first = ask(kNow);
  ledger->RecordRequest(first.request_id, TradeRequest::kDone, kNow);
  const TradeRequest again = ask(kNow + absl::Hours(1));
  REQUIRE(again.request_id == first.request_id);
  REQUIRE(again.state == TradeRequest::kDone);
  ledger->MarkReported(again);
  const TradeRequest second = ask(kNow + absl::Hours(1));
  REQUIRE(second.request_id != first.request_id);
  ledger->RecordRequest(second.request_id, TradeRequest::kDone, kNow + absl::Hours(1));
  // What nobody asked about for a day was seen in some other way.
  REQUIRE(ask(kNow + absl::Hours(26)).request_id != second.request_id);
}

TEST_CASE(
    "ledger: a service is held to its highest revision and first answer, until acknowledged") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(ledger->AddKnown("demo", information, kNow) == Listed::kAdded);
  const LedgerTrade trade = testing::TradesIn(*ledger)[0];
  const auto at = [](int seconds) { return kNow + absl::Seconds(seconds); };
  const auto answers = [&](int64_t revision, int64_t captured, int seconds) {
    TradeView view = Answers(information, revision, at(seconds));
    view.payment.status.captured = captured;
    ledger->Recall(trade, absl::ZeroDuration(), view);
    return view;
  };
  const auto held = [&] { return *ledger->Find("PO-1")->payment; };
  ledger->Observe(answers(2, 0, 0), trade.key, {}, false, at(0));
  ledger->Observe(answers(5, 100, 1), trade.key, {}, false, at(1));
  // Restored; another answer under the revision that it had.
  const std::vector<Warning> back = {
      {"HISTORY-1", Severity::kAlarm, "went back", {{"service", "payment"}}}};
  const std::vector<Warning> other = {
      {"HISTORY-2", Severity::kAlarm, "two answers", {{"service", "payment"}}}};
  ledger->Observe(answers(2, 0, 2), trade.key, back, false, at(2));
  ledger->Observe(answers(5, 7, 3), trade.key, other, false, at(3));
  REQUIRE(held().captured == 100);
  REQUIRE(answers(5, 7, 4).past.payment.highest->status.captured == 100);
  REQUIRE(answers(5, 7, 4).past.payment.same_revision.size() == 2);
  // It does not go away by itself.
  ledger->Observe(answers(9, 100, 5), trade.key, {}, false, at(5));
  REQUIRE(ledger->UnresolvedWarnings(trade.key).size() == 2);
  REQUIRE(held().revision == 9);
  // The buyer takes note that it went back: what it said before that is held against nobody.
  REQUIRE(ledger->Acknowledge(ledger->Warnings(trade.key)[0].id, at(6)));
  TradeView view = answers(5, 7, 7);
  REQUIRE(view.past.payment.highest->status.revision == 9);
  REQUIRE(view.past.payment.same_revision.size() == 1);
  REQUIRE_FALSE(view.sightings.AnyBefore(Sight::kPaymentRevision, at(7)));
  REQUIRE(view.sightings.AnyBefore(Sight::kOrderRevision, at(7)));
  // What has been acknowledged and is not found again is resolved, the other one stays.
  ledger->Observe(answers(9, 100, 8), trade.key, {}, false, at(8));
  REQUIRE(ledger->UnresolvedWarnings(trade.key).size() == 1);
  REQUIRE(ledger->UnresolvedWarnings(trade.key)[0].warning.rule == "HISTORY-2");
}

TEST_CASE(
    "ledger: after an acknowledged restoration the older state is what a service is held to") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(ledger->AddKnown("demo", information, kNow) == Listed::kAdded);
  const LedgerTrade trade = testing::TradesIn(*ledger)[0];
  const auto look = [&](int64_t revision, int seconds, const std::vector<Warning>& warnings) {
    TradeView view = Answers(information, revision, kNow + absl::Seconds(seconds));
    ledger->Recall(trade, absl::ZeroDuration(), view);
    ledger->Observe(view, trade.key, warnings, false, kNow + absl::Seconds(seconds));
    return view.past.payment;
  };
  look(2, 0, {});
  look(5, 1, {});
  look(2, 2, {{"HISTORY-1", Severity::kAlarm, "went back", {{"service", "payment"}}}});
  REQUIRE(ledger->Acknowledge(ledger->Warnings(trade.key)[0].id, kNow + absl::Seconds(3)));
  // (Not asked since.)
  REQUIRE(ledger->Find("PO-1")->payment->revision == 5);
  REQUIRE_FALSE(look(2, 4, {}).highest);
  REQUIRE(look(3, 5, {}).highest->status.revision == 2);
  REQUIRE(look(3, 6, {}).highest->status.revision == 3);
  REQUIRE(ledger->Find("PO-1")->payment->revision == 3);
  REQUIRE(ledger->Find("PO-1")->order->revision == 5);
  REQUIRE(ledger->UnresolvedWarnings(trade.key).empty());
}

}  // namespace
}  // namespace tallystick::testing
