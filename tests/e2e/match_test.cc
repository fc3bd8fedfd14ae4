// What people see of the check, by the built binaries: services that were restored, are ahead, are
// down; banks that refuse; money that is owed in both directions; trades that ended long ago.
#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

bool Has(const std::vector<std::string>& rules, const std::string& rule) {
  return std::find(rules.begin(), rules.end(), rule) != rules.end();
}

// A small number as a Protobuf varint, in hex.
std::string Hex(int64_t number) {
  REQUIRE(number < 128);
  char text[3];
  std::snprintf(text, sizeof(text), "%02x", static_cast<int>(number));
  return text;
}

TEST_CASE(
    "match: a payment database restored from a dump is an alarm at once, and look after look") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  stack.postgres().Execute(
      "payment",
      "UPDATE payments SET document = (SELECT entry FROM history WHERE history.trading_id = "
      "payments.trading_id AND revision = 2), revision = 2 WHERE trading_id = '" +
          id + "'");
  stack.postgres().Execute("payment",
                           "DELETE FROM history WHERE revision > 2 AND trading_id = '" + id + "'");
  for (int look = 0; look < 3; ++look) {
    const TallyResult result = stack.TallyJson({"track", id});
    REQUIRE(result.code == 3);
    const std::vector<std::string> rules = RulesOf(result.json());
    REQUIRE(Has(rules, "WORD-1"));
    REQUIRE(Has(rules, "HISTORY-1"));
    REQUIRE_FALSE(result.json()["in_step"].get<bool>());
  }
  REQUIRE_FALSE(absl::StrContains(stack.Tally({"track", id}).out, "The three halves match."));
  // To a ledger that has never seen the trade, too.
  stack.SetTally("TALLY_LEDGER", stack.File("fresh.db"));
  REQUIRE(stack.AddShop("demo", "alice").code == 0);
  const TallyResult rebuilt = stack.TallyJson({"sync", "--rebuild"});
  REQUIRE(rebuilt.code == 3);
  REQUIRE(Has(RulesOf(rebuilt.json()["trades"][0]), "WORD-1"));
}

TEST_CASE("match: a service that is ahead of the shop is said to be, and for a while only") {
  Stack stack;
  stack.SetTally("TALLY_REPORT_DELAY_MS", "2000");
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(WaitUntil([&] { return stack.Track(id)["in_step"] == true; }));
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "The three halves match."));
  // Payment has one more revision, which nobody reports: field 1 (status), field 3 (revision).
  const int64_t revision = stack.Track(id)["payment"]["revision"];
  stack.postgres().Execute(
      "payment",
      "INSERT INTO history SELECT trading_id, revision + 1, change_time, entry || '\\x0a0218" +
          Hex(revision + 1) + "'::bytea FROM history WHERE trading_id = '" + id +
          "' AND revision = " + std::to_string(revision));
  stack.postgres().Execute("payment",
                           "UPDATE payments SET revision = revision + 1, document = "
                           "document || '\\x0a0218" +
                               Hex(revision + 1) + "'::bytea WHERE trading_id = '" + id + "'");
  const TallyResult ahead = stack.Tally({"track", id});
  REQUIRE(ahead.code == 0);
  REQUIRE(absl::StrContains(ahead.out, "payment is 1 step ahead of the shop's account, since 0 s"));
  REQUIRE_FALSE(absl::StrContains(ahead.out, "The three halves match."));
  // (The wait is for the ledger's own clock.)
  REQUIRE(WaitUntil([&] { return stack.Tally({"track", id}).code == 3; }));
  const json trade = stack.TallyJson({"track", id}).json();
  REQUIRE(RulesOf(trade) == std::vector<std::string>{"WORD-1"});
  REQUIRE(trade["on_the_way"][0]["kind"] == "ahead_of_shop");
}

TEST_CASE("match: a service that is down leaves its row marked and its last answer aged") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  stack.StopServer("payment");
  const TallyResult down = stack.Tally({"--timeout-ms", "2000", "track", id});
  REQUIRE(down.code == 4);
  REQUIRE(absl::StrContains(down.out, "?  CAPTURED"));
  REQUIRE(absl::StrContains(down.out, "no answer; as of "));
  REQUIRE_FALSE(absl::StrContains(down.out, "The three halves match."));
}

TEST_CASE("match: a service that no longer knows the trade is an alarm, and its row says so") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.IsQuiet());
  stack.postgres().Execute("delivery", "DELETE FROM deliveries WHERE trading_id = '" + id + "'");
  const TallyResult gone = stack.Tally({"track", id});
  REQUIRE(gone.code == 3);
  REQUIRE(absl::StrContains(gone.out, "! ID-3"));
  REQUIRE(absl::StrContains(gone.out, "?  DELIVERED"));
  REQUIRE(absl::StrContains(gone.out, "does not know the trade; as of "));
}

TEST_CASE("match: the bank's refusal to capture is shown") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--payment-method", "pm_sandbox_capture_fails"});
  REQUIRE(stack.TrackUntil(id, [](const json& trade) {
    for (const json& transaction : trade["payment"]["transactions"]) {
      if (transaction["state"] == "FAILED") return true;
    }
    return false;
  }));
  const TallyResult table = stack.Tally({"track", id});
  REQUIRE(absl::StrContains(table.out, "FAILED"));
  REQUIRE(absl::StrContains(table.out, "CAPTURE"));
  const json trade = stack.Track(id);
  const std::string reason = trade["payment"]["transactions"].back()["failure_reason"];
  REQUIRE_FALSE(reason.empty());
  REQUIRE(absl::StrContains(table.out, reason));
}

TEST_CASE("match: money owed by the buyer and to the buyer is never set off") {
  Stack stack({{"payment", {"--gateway", "manual"}}});
  stack.LoadProducts();
  const std::string open = stack.Order({"CHANG:1"});
  const std::string lost = stack.Order({"CHAI:2"}, "SANDBOX-LOSE");
  const auto transaction = [&](const std::string& type, int number) {
    REQUIRE(WaitUntil([&] {
      return stack.Back({"ops", type, lost, std::to_string(number)}).code == 0;
    }));
  };
  transaction("authorize", 1);
  transaction("capture", 2);
  // The goods were lost: their price is to come back, but the bank has not said so yet.
  REQUIRE(stack.TrackUntil(
      lost, [](const json& trade) { return trade["payment"]["transactions"].size() == 3; }));
  REQUIRE(stack.Tally({"track", open}).code == 0);
  const json list = stack.TallyJson({"list"}).json();
  REQUIRE(list["owed"].size() == 1);
  REQUIRE(list["owed"][0]["minor_units"] == list["trades"][0]["total"]["minor_units"]);
  REQUIRE(list["owed"][0]["to_come_back"] == list["trades"][1]["total"]["minor_units"]);
  const TallyResult table = stack.Tally({"list"});
  REQUIRE(absl::StrContains(table.out, "Still owed"));
  REQUIRE(absl::StrContains(table.out, "Owed to you"));
}

TEST_CASE("match: sync asks again about trades that have ended, now and then") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(WaitUntil([&] { return stack.TallyJson({"sync"}).json()["asked"] == 0; }));
  // Somebody changes what was captured.
  stack.postgres().Execute("payment",
                           "UPDATE payments SET document = document || "
                           "'\\x0a06520410bf843d'::bytea WHERE trading_id = '" +
                               id + "'");
  REQUIRE(stack.Tally({"sync"}).code == 0);  // not yet
  const TallyResult again = stack.TallyJson({"--recheck-ended-ms", "1", "sync"});
  REQUIRE(again.code == 3);
  REQUIRE(again.json()["asked"] == 1);
  REQUIRE(Has(RulesOf(again.json()["trades"][0]), "MONEY-2"));
  REQUIRE(stack.TallyJson({"--recheck-ended-ms", "0", "sync"}).code == 3);  // it stays open
}

TEST_CASE("match: what the buyer asked for must appear") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const json asked = stack.TallyJson({"return", id, "CHAI:1", "--reason", "stale"}).json();
  REQUIRE(asked["return_id"] == "R1");
  REQUIRE(stack.TrackUntil(
      id, [](const json& trade) { return trade["order"]["returns"][0]["state"] == "REFUNDED"; }));
  // The ledger had asked for another one, and the shop had agreed, says the ledger.
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  ledger.exec("UPDATE requests SET lines = 'CHAI:2'");
  const TallyResult result = stack.TallyJson({"track", id});
  REQUIRE(result.code == 3);
  REQUIRE(RulesOf(result.json()) == std::vector<std::string>{"ASKED-1"});
}

}  // namespace
}  // namespace tallystick::testing
