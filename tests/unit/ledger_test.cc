// The ledger as several runs of tally write it, and as earlier versions left it.
#include "client-cli/ledger/ledger.h"

#include <barrier>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace tallystick::testing {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

// A file that several runs of tally have open.
class LedgerFile {
 public:
  std::unique_ptr<Ledger> Open() const {
    absl::StatusOr<std::unique_ptr<Ledger>> ledger = Ledger::Open(path());
    INFO(ledger.status().ToString());
    REQUIRE(ledger.ok());
    return *std::move(ledger);
  }
  void Execute(const std::string& sql) const {
    SQLite::Database(path(), SQLite::OPEN_READWRITE, 10'000).exec(sql);
  }
  int64_t Count(const std::string& from) const {
    SQLite::Database database(path(), SQLite::OPEN_READONLY, 10'000);
    return database.execAndGet("SELECT count(*) FROM " + from).getInt64();
  }

 private:
  std::string path() const { return folder_ / "ledger.db"; }
  TempFolder folder_;
};

Profile Shop(const std::string& name, const std::string& address = "127.0.0.1:1") {
  return {name, address, "", "/alice.token"};
}

LedgerTrade Order(const std::string& profile, const std::string& reference) {
  LedgerTrade trade;
  trade.profile = profile;
  trade.create_time = kNow;
  trade.request_id = NewUuidV7(kNow);
  trade.request.items = {{"CHAI", 1}};
  trade.request.reference = reference;
  return trade;
}

TradingInformation Information(const std::string& reference, int64_t quantity = 1) {
  TradingInformation information;
  OrderContents& contents = information.contents;
  contents.trading_id = NewUuidV7(kNow);
  contents.buyer_reference = reference;
  contents.currency = "USD";
  contents.lines = {{"CHAI", "Chai", quantity, 100}};
  contents.order_time = kNow;
  information.trading_id = contents.trading_id.ToString();
  return information;
}

// What the services answered when they were asked at `time`.
TradeView Answers(const TradingInformation& information, int64_t revision, absl::Time time) {
  TradeView view;
  view.contents = information.contents;
  view.order.kind = Answer<OrderStatus>::kStatus;
  view.order.status.trading_id = information.contents.trading_id;
  view.order.status.revision = revision;
  view.payment.kind = Answer<PaymentStatus>::kStatus;
  view.payment.status.trading_id = information.contents.trading_id;
  view.payment.status.revision = revision;
  view.payment.status.transactions = {
      {1, TransactionType::kAuthorize, TransactionState::kSucceeded, 100, "auth-1"}};
  for (absl::Time* asked : {&view.order.ask_time, &view.shops_word.ask_time, &view.payment.ask_time,
                            &view.delivery.ask_time}) {
    *asked = time;
  }
  return view;
}

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
  REQUIRE(absl::IsAborted(one->BeginSending(Shop("demo"), orders)));
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
  REQUIRE(one->BeginSending(Shop("demo"), orders).ok());
  REQUIRE(orders.empty());
  // Its name is free, for one.
  std::vector<LedgerTrade> mine = {Order("demo", "PO-1")};
  std::vector<LedgerTrade> theirs = {Order("demo", "PO-1"), Order("demo", "PO-2")};
  REQUIRE(one->BeginSending(Shop("demo"), mine).ok());
  REQUIRE(other->BeginSending(Shop("demo"), theirs).ok());
  REQUIRE(mine.size() == 1);
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
  other->RecordPlacements(answered);
  one->RecordPlacements(orders);
  REQUIRE(one->Pending().empty());
  REQUIRE(one->Trades()[0].placement == Placement::kRefused);
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
  ledger->RecordPlacements(orders);
  REQUIRE(ledger->Trades()[0].placement == Placement::kPlaced);
  REQUIRE(ledger->FindByReference("demo", "PO-1")->key == second[0].key);
}

TEST_CASE(
    "ledger: older answers written late are not the latest, and resolve nothing found since") {
  const LedgerFile file;
  const auto slow = file.Open();
  const auto quick = file.Open();
  REQUIRE(slow->PutProfile(Shop("demo"), true).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(slow->AddKnown("demo", information, kNow));
  const LedgerTrade trade = slow->Trades()[0];
  const TradeView older = Answers(information, 3, kNow);
  const TradeView newer = Answers(information, 4, kNow + absl::Seconds(1));
  const std::vector<Warning> found = {{"MONEY-2", Severity::kAlarm, "too much", {}}};
  quick->Observe(newer, trade.key, found, false, kNow + absl::Seconds(2));
  slow->Observe(older, trade.key, {}, false, kNow + absl::Seconds(3));
  REQUIRE(slow->Trades()[0].order->revision == 4);
  REQUIRE(slow->Trades()[0].payment->revision == 4);
  REQUIRE(slow->Find("PO-1")->order->revision == 4);
  TradeView recalled = Answers(information, 4, kNow);
  slow->Recall(trade, absl::ZeroDuration(), recalled);
  REQUIRE(recalled.past_order.highest->status.revision == 4);
  REQUIRE(slow->UnresolvedWarnings(trade.key).size() == 1);
  // A later look resolves it.
  slow->Observe(Answers(information, 4, kNow + absl::Seconds(4)), trade.key, {}, false,
                kNow + absl::Seconds(5));
  REQUIRE(slow->UnresolvedWarnings(trade.key).empty());
}

TEST_CASE("ledger: a trade is one under all names of its shop") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("one"), true).ok());
  REQUIRE(ledger->PutProfile(Shop("two"), false).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(ledger->AddKnown("one", information, kNow));
  REQUIRE_FALSE(ledger->AddKnown("two", information, kNow));
  REQUIRE(ledger->Trades().size() == 1);
  REQUIRE(ledger->Find(information.trading_id)->profile == "one");
  REQUIRE(ledger->Find("PO-1").ok());
  REQUIRE(ledger->FindByReference("two", "PO-1"));
  // Another buyer's orders have names of their own.
  Profile bob = Shop("bob");
  bob.token_file = "/bob.token";
  REQUIRE(ledger->PutProfile(bob, false).ok());
  REQUIRE_FALSE(ledger->FindByReference("bob", "PO-1"));
  // When its name is forgotten, it goes over to the other.
  REQUIRE(ledger->RemoveProfile("one").ok());
  REQUIRE_FALSE(ledger->AddKnown("two", information, kNow));
  REQUIRE(ledger->Find(information.trading_id)->profile == "two");
  // Whoever tells another story about the same id does not hide the first.
  TradingInformation lie = Information("PO-1", 2);
  lie.contents.trading_id = information.contents.trading_id;
  REQUIRE(ledger->AddKnown("bob", lie, kNow));
  REQUIRE(ledger->Trades().size() == 2);
}

TEST_CASE("ledger: of version 4, a trade that is there under two names becomes one") {
  const LedgerFile file;
  const TradingInformation information = Information("PO-1");
  const Warning warning = {"MONEY-6", Severity::kAlarm, "one payment for two trades", {}};
  {
    const auto ledger = file.Open();
    REQUIRE(ledger->PutProfile(Shop("one"), true).ok());
    REQUIRE(ledger->PutProfile(Shop("two"), false).ok());
    REQUIRE(ledger->AddKnown("one", information, kNow));
    REQUIRE(ledger->AddKnown("one", Information("PO-2"), kNow));
    const int64_t key = ledger->Trades()[0].key;
    ledger->Observe(Answers(information, 3, kNow), key, {warning}, false, kNow);
    ledger->AddRequest({NewUuidV7(kNow), key, TradeRequest::kCancel, {}, "", kNow});
    ledger->AddSnapshotRequest(key, {"+2h", kNow});
  }
  // As version 4 was, and as it let the trade come in once more under the other name.
  file.Execute(
      "DROP INDEX trades_once; ALTER TABLE trades DROP COLUMN sendings;"
      "CREATE INDEX trades_by_trading_id ON trades (trading_id);"
      "INSERT INTO trades SELECT 9, 'two', 'another', reference, request, create_time, placement, "
      "refusal, place_time, trading_id, information, likeness, order_time, check_time "
      "FROM trades WHERE key = 1;"
      "INSERT INTO observations SELECT id + 100, 9, service, observe_time, state, revision + "
      "(service = 'payment'), update_time, body FROM observations;"
      "INSERT INTO sightings SELECT 9, what, number, first_seen - 5 FROM sightings;"
      "INSERT INTO warnings SELECT id + 100, 9, rule, severity, sentence, evidence, first_seen, "
      "last_seen, resolve_time, 1 FROM warnings;"
      "INSERT INTO payment_references SELECT reference, 9 FROM payment_references;"
      "INSERT INTO requests SELECT 'other', 9, kind, lines, reason, create_time, state, done_time "
      "FROM requests;"
      "INSERT INTO snapshot_requests SELECT 9, text, receive_time FROM snapshot_requests;"
      "PRAGMA user_version = 4");
  const auto ledger = file.Open();
  REQUIRE(ledger->Trades().size() == 2);
  const absl::StatusOr<LedgerTrade> trade = ledger->Find(information.trading_id);
  REQUIRE(trade.ok());
  REQUIRE(trade->profile == "one");
  // The order's is the same; payment's was seen at another revision.
  REQUIRE(ledger->Observations(trade->key).size() == 3);
  REQUIRE(trade->payment.has_value());
  // One warning, and somebody had acknowledged it.
  REQUIRE(ledger->Warnings(trade->key).size() == 1);
  REQUIRE(ledger->Warnings(trade->key)[0].acknowledge_time);
  REQUIRE(ledger->PendingRequests().size() == 2);
  for (const TradeRequest& request : ledger->PendingRequests()) {
    REQUIRE(request.trade_key == trade->key);
  }
  TradeView view = Answers(information, 3, kNow);
  ledger->Recall(*trade, absl::ZeroDuration(), view);
  REQUIRE(view.foreign_references.empty());
  for (const char* table : {"sightings", "payment_references", "snapshot_requests"}) {
    REQUIRE(file.Count(std::string(table) + " WHERE trade_key = 9") == 0);
    REQUIRE(file.Count(std::string(table) + " WHERE trade_key = 1") > 0);
  }
  REQUIRE(file.Count("sightings WHERE first_seen = " +
                     std::to_string(absl::ToUnixMillis(kNow) - 5)) > 0);
}

}  // namespace
}  // namespace tallystick::testing
