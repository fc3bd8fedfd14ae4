// What a buyer sees of a service whose database was restored to an older state, by the built
// binaries.
#include <SQLiteCpp/SQLiteCpp.h>

#include "absl/strings/match.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

// The number of a warning that is open, by its rule.
std::string NumberOf(Stack& stack, const std::string& rule) {
  const json answer = stack.TallyJson({"warnings"}).json();
  for (const json& warning : answer["warnings"]) {
    if (warning["rule"] == rule && warning["state"] == "open") {
      return std::to_string(warning["id"].get<int>());
    }
  }
  FAIL("no open " << rule);
  return "";
}

TEST_CASE("lost: a shop that forgets an order is an alarm at once, and tally says what to do") {
  Stack stack;
  stack.LoadProducts();
  // Nobody has asked about it yet: that it was accepted is all that the ledger knows.
  const std::string id = stack.Order({"CHAI:2"});
  stack.postgres().Execute("shopping", "DELETE FROM orders WHERE trading_id = '" + id + "'");
  const TallyResult track = stack.Tally({"track", id});
  REQUIRE(track.code == 3);
  REQUIRE(absl::StrContains(track.out, "! ID-3"));
  REQUIRE(absl::StrContains(track.out, "shopping does not know this trade any more"));
  REQUIRE(absl::StrContains(track.out, "ask the shop, which may be restoring a database"));
  REQUIRE(RulesOf(stack.TallyJson({"sync"}).json()["trades"][0]) ==
          std::vector<std::string>{"ID-3"});
  for (const char* command : {"track", "show"}) REQUIRE(stack.Tally({command, id}).code == 3);
  const TallyResult list = stack.TallyJson({"list"});
  REQUIRE(list.code == 3);
  REQUIRE(list.json()["trades"][0]["in_doubt"] == json::array({"shopping"}));
}

TEST_CASE(
    "lost: sync finds out that an ended trade was forgotten, and what is remembered is marked") {
  Stack stack;
  stack.LoadProducts();
  const std::string first = stack.Order({"CHAI:2"});
  const std::string second = stack.Order({"CHAI:1"});
  for (const std::string& id : {first, second}) {
    REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
    stack.postgres().Execute("payment", "DELETE FROM payments WHERE trading_id = '" + id + "'");
  }
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  // A day has passed since the second was asked about.
  ledger.exec("UPDATE trades SET check_time = CASE trading_id WHEN '" + second +
              "' THEN check_time - 86400000 ELSE check_time END");
  const TallyResult daily = stack.Tally({"sync"});
  REQUIRE(daily.code == 3);
  REQUIRE(absl::StrContains(daily.out, second));
  REQUIRE(absl::StrContains(daily.err, "tally sync --all"));
  const TallyResult all = stack.TallyJson({"sync", "--all"});
  REQUIRE(all.code == 3);
  REQUIRE(all.json()["warned"] == 2);
  REQUIRE(all.json()["trades"][0]["remembered"] == json::array({"payment"}));
  const TallyResult list = stack.Tally({"list"});
  REQUIRE(list.code == 3);
  REQUIRE(absl::StrContains(list.out, "? done"));
  const TallyResult show = stack.Tally({"show", second});
  REQUIRE(show.code == 3);
  REQUIRE(absl::StrContains(show.out, "? CAPTURED"));
  REQUIRE(absl::StrContains(show.out, "in doubt, see below; as of "));
}

TEST_CASE(
    "lost: what was restored is shown as gone back, until it heals and the buyer takes note") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const int64_t revision = stack.Track(id)["payment"]["revision"];
  for (const char* table : {"payments", "history"}) {
    stack.postgres().Execute("payment", std::string("CREATE TABLE lost_") + table +
                                            " AS SELECT * FROM " + table + " WHERE trading_id = '" +
                                            id + "'");
  }
  stack.postgres().Execute("payment",
                           "DELETE FROM history WHERE revision > 2 AND trading_id = '" + id + "'");
  stack.postgres().Execute(
      "payment",
      "UPDATE payments SET document = (SELECT entry FROM history WHERE history.trading_id = "
      "payments.trading_id AND revision = 2), revision = 2 WHERE trading_id = '" +
          id + "'");
  const TallyResult back = stack.Tally({"track", id});
  REQUIRE(back.code == 3);
  REQUIRE(absl::StrContains(back.out, "?  CAPTURED"));
  REQUIRE(absl::StrContains(back.out, "went back to AUTHORIZED; as of "));
  const json trade = stack.TallyJson({"track", id}).json();
  REQUIRE(trade["payment"]["revision"] == revision);
  REQUIRE(trade["remembered"] == json::array({"payment"}));
  REQUIRE(stack.TallyJson({"list"}).json()["trades"][0]["in_doubt"] == json::array({"payment"}));
  // It heals.
  stack.postgres().Execute("payment", "DELETE FROM payments WHERE trading_id = '" + id + "'");
  stack.postgres().Execute("payment", "DELETE FROM history WHERE trading_id = '" + id + "'");
  for (const char* table : {"payments", "history"}) {
    stack.postgres().Execute("payment",
                             std::string("INSERT INTO ") + table + " SELECT * FROM lost_" + table);
  }
  const TallyResult healed = stack.TallyJson({"track", id});
  REQUIRE(healed.code == 3);
  REQUIRE(healed.json()["in_step"] == true);
  REQUIRE(healed.json()["remembered"].empty());
  REQUIRE(RulesOf(healed.json()) == std::vector<std::string>{"HISTORY-1"});
  REQUIRE(stack.Tally({"warnings", "ack", NumberOf(stack, "HISTORY-1")}).code == 0);
  const TallyResult noted = stack.Tally({"track", id});
  REQUIRE(noted.code == 0);
  // It stood by its word since.
  REQUIRE(absl::StrContains(stack.Tally({"track", id}).out, "The three halves match."));
}

TEST_CASE("lost: show has the changes on both sides of a gap in the revisions") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:2"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const int64_t revision = stack.Track(id)["payment"]["revision"];
  // field 1 (status), field 3 (revision), as a Protobuf varint of one byte.
  const auto entry = [](int64_t number) {
    REQUIRE(number < 128);
    char text[32];
    std::snprintf(text, sizeof(text), "'\\x0a0218%02x'::bytea", static_cast<int>(number));
    return std::string(text);
  };
  for (const int64_t next : {revision + 3, revision + 5}) {
    stack.postgres().Execute("payment", "INSERT INTO history SELECT trading_id, " +
                                            std::to_string(next) + ", change_time, entry || " +
                                            entry(next) + " FROM history WHERE trading_id = '" +
                                            id + "' AND revision = " + std::to_string(revision));
  }
  stack.postgres().Execute("payment",
                           "UPDATE payments SET revision = revision + 5, document = "
                           "document || " +
                               entry(revision + 5) + " WHERE trading_id = '" + id + "'");
  REQUIRE(stack.Track(id)["payment"]["revision"] == revision + 5);
  std::vector<int64_t> revisions;
  const json show = stack.TallyJson({"show", id}).json();
  for (const json& seen : show["observations"]) {
    if (seen["service"] == "payment") revisions.push_back(seen["revision"]);
  }
  REQUIRE(std::find(revisions.begin(), revisions.end(), revision + 3) != revisions.end());
}

}  // namespace
}  // namespace tallystick::testing
