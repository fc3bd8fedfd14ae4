// Which shop a trade of the ledger belongs to, whatever the names of that, and as earlier versions
// left it.
#include "tests/unit/ledger_file.h"

namespace tallystick::testing {
namespace {

TEST_CASE("ledger: a trade is one under all names of its shop") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("one"), true).ok());
  REQUIRE(ledger->PutProfile(Shop("two"), false).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(ledger->AddKnown("one", information, kNow) == Listed::kAdded);
  REQUIRE(ledger->AddKnown("two", information, kNow) == Listed::kKnown);
  REQUIRE(testing::TradesIn(*ledger).size() == 1);
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
  REQUIRE(ledger->AddKnown("two", information, kNow) == Listed::kKnown);
  REQUIRE(ledger->Find(information.trading_id)->profile == "two");
  // Whoever tells another story about the same id does not hide the first.
  TradingInformation lie = Information("PO-1", 2);
  lie.contents.trading_id = information.contents.trading_id;
  REQUIRE(ledger->AddKnown("bob", lie, kNow) == Listed::kAdded);
  REQUIRE(testing::TradesIn(*ledger).size() == 2);
  // Nor does it keep the first from being named.
  REQUIRE_FALSE(ledger->Find(information.trading_id).ok());
  REQUIRE(ledger->Find(information.trading_id, "two")->profile == "two");
  REQUIRE(ledger->Find(information.trading_id, "bob")->profile == "bob");
}

TEST_CASE("ledger: the same goods at other prices are another trade, and hide none") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("aaa"), true).ok());
  REQUIRE(ledger->PutProfile(Shop("real", "127.0.0.1:2"), false).ok());
  const TradingInformation information = Information("PO-1");
  TradingInformation dear = information;
  dear.contents.lines[0].unit_price = 900;
  REQUIRE(ledger->AddKnown("aaa", dear, kNow) == Listed::kAdded);
  REQUIRE(ledger->AddKnown("real", information, kNow) == Listed::kAdded);
  // A shop that tells the very same of it is told from the one that has it.
  REQUIRE(ledger->AddKnown("aaa", information, kNow) == Listed::kElsewhere);
  REQUIRE(ledger->AddKnown("real", information, kNow) == Listed::kKnown);
  REQUIRE(testing::TradesIn(*ledger).size() == 2);
}

TEST_CASE("ledger: a trade of a removed shop goes over though its reference is taken there") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("old"), true).ok());
  REQUIRE(ledger->PutProfile(Shop("new", "127.0.0.1:2"), false).ok());
  TradingInformation information = Information("PO-1");
  REQUIRE(ledger->AddKnown("old", information, kNow) == Listed::kAdded);
  REQUIRE(ledger->AddKnown("new", Information("PO-1", 2), kNow) == Listed::kAdded);
  REQUIRE(ledger->RemoveProfile("old").ok());
  // And with it go the addresses that the former name was told.
  information.services.payment = "127.0.0.1:9";
  REQUIRE(ledger->AddKnown("new", information, kNow) == Listed::kKnown);
  REQUIRE(ledger->Find(information.trading_id)->information->services.payment == "127.0.0.1:9");
  REQUIRE(ledger->Find(information.trading_id)->profile == "new");
  REQUIRE(ledger->FindByReference("old", "PO-1")->information->trading_id ==
          information.trading_id);
}

TEST_CASE("ledger: a name of a shop that was removed has its references still") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("a"), true).ok());
  std::vector<LedgerTrade> orders = {Order("a", "PO-1")};
  REQUIRE(ledger->BeginSending(Shop("a"), orders).ok());
  orders[0].placement = Placement::kPlaced;
  orders[0].information = Information("PO-1");
  REQUIRE(ledger->RecordPlacements(orders).ok());
  REQUIRE(ledger->RemoveProfile("a").ok());
  REQUIRE(ledger->Profiles().empty());
  REQUIRE(absl::IsNotFound(ledger->RemoveProfile("a")));
  REQUIRE(ledger->PutProfile(Shop("b"), false).ok());
  REQUIRE(ledger->DefaultProfile() == "b");
  REQUIRE(ledger->FindByReference("b", "PO-1")->key == orders[0].key);
  // Under another address it is known by what its trades say of themselves.
  REQUIRE(ledger->PutProfile(Shop("c", "127.0.0.1:3"), false).ok());
  REQUIRE_FALSE(ledger->FindByReference("c", "PO-1"));
  REQUIRE(ledger->AddKnown("c", *orders[0].information, kNow) == Listed::kKnown);
  REQUIRE(ledger->FindByReference("c", "PO-1")->key == orders[0].key);
}

TEST_CASE("ledger: what was asked of a trade can be given up, and its shop removed then") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("gone"), true).ok());
  REQUIRE(ledger->AddKnown("gone", Information("PO-1"), kNow) == Listed::kAdded);
  TradeRequest request;
  request.trade_key = ledger->Find("PO-1")->key;
  request.kind = TradeRequest::kCancel;
  request.request_id = NewUuidV7(kNow);
  request.create_time = kNow;
  ledger->AddRequest(request);
  REQUIRE_FALSE(ledger->RemoveProfile("gone").ok());
  REQUIRE(ledger->DropRequests(request.trade_key) == 1);
  REQUIRE(ledger->DropRequests(request.trade_key) == 0);
  REQUIRE(ledger->PendingRequests().empty());
  REQUIRE(ledger->RemoveProfile("gone").ok());
}

TEST_CASE("ledger: two runs under two names of one shop write an order of one name once") {
  const LedgerFile file;
  const auto one = file.Open();
  const auto other = file.Open();
  REQUIRE(one->PutProfile(Shop("a"), true).ok());
  REQUIRE(one->PutProfile(Shop("b"), false).ok());
  std::vector<LedgerTrade> mine = {Order("a", "PO-1")};
  std::vector<LedgerTrade> theirs = {Order("b", "PO-1")};
  REQUIRE(one->BeginSending(Shop("a"), mine).ok());
  const auto instead = other->BeginSending(Shop("b"), theirs);
  REQUIRE(instead.ok());
  REQUIRE(theirs.empty());
  REQUIRE(instead->size() == 1);
  REQUIRE(instead->front().key == mine[0].key);
}

TEST_CASE(
    "ledger: of two orders of one reference at a shop, that under the name asked for counts") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("a", "127.0.0.1:1"), true).ok());
  REQUIRE(ledger->PutProfile(Shop("b", "127.0.0.1:2"), false).ok());
  for (const auto& [name, address] :
       {std::pair("a", "127.0.0.1:1"), std::pair("b", "127.0.0.1:2")}) {
    std::vector<LedgerTrade> orders = {Order(name, "PO-1")};
    REQUIRE(ledger->BeginSending(Shop(name, address), orders).ok());
    ledger->NoteUndelivered(orders);
  }
  // The two turn out to be one shop.
  REQUIRE(ledger->PutProfile(Shop("b", "127.0.0.1:1"), false).ok());
  REQUIRE(ledger->FindByReference("a", "PO-1")->profile == "a");
  REQUIRE(ledger->FindByReference("b", "PO-1")->profile == "b");
}

TEST_CASE("ledger: an order whose answer came by a list first is that trade") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("a"), true).ok());
  REQUIRE(ledger->PutProfile(Shop("b", "127.0.0.1:2"), false).ok());
  std::vector<LedgerTrade> orders = {Order("a", "PO-1")};
  orders[0].request.payment_method = "pm";
  REQUIRE(ledger->BeginSending(Shop("a"), orders).ok());
  const TradingInformation information = Information("PO-1");
  REQUIRE(ledger->AddKnown("b", information, kNow) == Listed::kAdded);
  orders[0].placement = Placement::kPlaced;
  orders[0].information = information;
  REQUIRE(ledger->RecordPlacements(orders).ok());
  REQUIRE(ledger->Pending().empty());
  REQUIRE(testing::TradesIn(*ledger).size() == 1);
  const LedgerTrade trade = testing::TradesIn(*ledger)[0];
  REQUIRE(trade.request_id == orders[0].request_id);
  REQUIRE(trade.request == orders[0].request);
  REQUIRE(ledger->FindByReference("a", "PO-1")->key == trade.key);
  REQUIRE(ledger->FindByReference("b", "PO-1")->key == trade.key);
}

TEST_CASE("ledger: a name stays with its shop while it has trades") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  REQUIRE(ledger->AddKnown("demo", Information("PO-1"), kNow) == Listed::kAdded);
  const Profile elsewhere = Shop("demo", "127.0.0.1:2");
  REQUIRE(absl::IsFailedPrecondition(ledger->PutProfile(elsewhere, false)));
  // Nor by a detour; nor if an early version wrote it, without a token file.
  REQUIRE(ledger->RemoveProfile("demo").ok());
  REQUIRE(absl::IsFailedPrecondition(ledger->PutProfile(elsewhere, false)));
  REQUIRE(ledger->PutProfile(Shop("demo"), false).ok());
  file.Execute("UPDATE profiles SET token_file = '', ca_file = ''");
  REQUIRE(absl::IsFailedPrecondition(ledger->PutProfile(elsewhere, false)));
  REQUIRE(ledger->PutProfile(Shop("demo"), false).ok());
  // A shop that has moved is the same one.
  REQUIRE(ledger->PutProfile(elsewhere, false, /*moved=*/true).ok());
  REQUIRE(ledger->FindProfile("demo")->address == "127.0.0.1:2");
}

TEST_CASE("ledger: an order of an early version that may be placed is not sent elsewhere") {
  const LedgerFile file;
  const auto ledger = file.Open();
  REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
  std::vector<LedgerTrade> orders = {Order("demo", "PO-1")};
  REQUIRE(ledger->BeginSending(Shop("demo"), orders).ok());
  file.Execute("UPDATE profiles SET token_file = '', ca_file = ''");
  REQUIRE_FALSE(ledger->PutProfile(Shop("demo", "127.0.0.1:2"), false).ok());
  Profile with_files = Shop("demo");
  with_files.ca_file = "/ca.crt";
  REQUIRE(ledger->PutProfile(with_files, false).ok());
}

TEST_CASE("ledger: of version 4, a trade that is there under two names becomes one") {
  const LedgerFile file;
  const TradingInformation information = Information("PO-1");
  const Warning warning = {"MONEY-6", Severity::kAlarm, "one payment for two trades", {}};
  {
    const auto ledger = file.Open();
    REQUIRE(ledger->PutProfile(Shop("one"), true).ok());
    REQUIRE(ledger->PutProfile(Shop("two", "127.0.0.1:2"), false).ok());
    REQUIRE(ledger->PutProfile(Shop("three", "127.0.0.1:3"), false).ok());
    REQUIRE(ledger->AddKnown("one", information, kNow) == Listed::kAdded);
    REQUIRE(ledger->AddKnown("one", Information("PO-2"), kNow) == Listed::kAdded);
    // What another shop says of the same id and goods, at other prices, is another trade.
    TradingInformation dear = information;
    dear.contents.lines[0].unit_price = 900;
    REQUIRE(ledger->AddKnown("three", dear, kNow) == Listed::kAdded);
    const int64_t key = testing::TradesIn(*ledger)[0].key;
    ledger->Observe(Answers(information, 3, kNow), key, {warning}, false, kNow);
    ledger->AddRequest({NewUuidV7(kNow), key, TradeRequest::kCancel, {}, "", kNow});
    ledger->AddSnapshotRequest(key, {"+2h", kNow});
  }
  // As version 4 was, and as it let the trade come in once more under the other name.
  file.Execute(
      "DROP INDEX trades_once; ALTER TABLE trades DROP COLUMN sendings;"
      "ALTER TABLE trades DROP COLUMN ended; DROP INDEX trades_pending;"
      "ALTER TABLE trades DROP COLUMN reported; ALTER TABLE trades DROP COLUMN digest;"
      "ALTER TABLE requests DROP COLUMN reported; ALTER TABLE profiles DROP COLUMN removed;"
      "DROP TABLE aliases; DROP TABLE taken_anew; CREATE INDEX trades_by_trading_id ON trades "
      "(trading_id);"
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
  REQUIRE(testing::TradesIn(*ledger).size() == 3);
  const absl::StatusOr<LedgerTrade> trade = ledger->Find(information.trading_id, "one");
  REQUIRE(trade.ok());
  // Its reference under the other name is not forgotten: nothing is ordered again there.
  REQUIRE(ledger->FindByReference("two", "PO-1")->key == trade->key);
  REQUIRE(ledger->FindByReference("three", "PO-1")->key != trade->key);
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
