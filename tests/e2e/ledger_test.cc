// What the ledger is good for: several shops, a lost ledger, export, the same thing twice.
#include <SQLiteCpp/SQLiteCpp.h>
#include <sys/stat.h>

#include <algorithm>

#include "client-cli/input/csv.h"
#include "tests/support/stack.h"

namespace tallystick::testing {
namespace {

using nlohmann::json;

TEST_CASE("ledger: several shops side by side") {
  Stack here;
  here.LoadProducts();
  Stack there;
  there.LoadProducts();
  const std::string first = here.Order({"CHAI:1"});
  REQUIRE(here.AddShop("other", "alice", there.shopping_address()).code == 0);
  const json placed =
      here.TallyJson({"--profile", "other", "order", "CHANG:2", "--to", "Ann; X"}).json();
  const std::string second = placed["trades"][0]["contents"]["trading_id"];
  REQUIRE(here.Tally({"track", first, second, "--watch"}).code == 0);
  const json list = here.TallyJson({"list"}).json();
  REQUIRE(list["trades"].size() == 2);
  REQUIRE(list["trades"][0]["shop"] == "demo");
  REQUIRE(list["trades"][1]["shop"] == "other");
  REQUIRE(there.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
  REQUIRE(here.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
}

TEST_CASE("ledger: one that is lost is rebuilt from the services") {
  Stack stack;
  stack.LoadProducts();
  std::vector<std::string> ids;
  for (int i = 0; i < 3; ++i) {
    ids.push_back(stack.Order({"CHAI:1", "--reference", "PO-" + std::to_string(i)}));
    REQUIRE(stack.TrackUntilState(ids.back(), "COMPLETED"));
  }
  const json before = stack.TallyJson({"export"}).json();
  for (const char* name : {"ledger.db", "ledger.db-wal", "ledger.db-shm"}) {
    std::filesystem::remove(stack.File(name));
  }
  REQUIRE(stack.AddShop("demo", "alice").code == 0);
  REQUIRE(stack.TallyJson({"list"}).json()["trades"].empty());
  REQUIRE(WaitUntil([&] {
    REQUIRE(stack.Tally({"sync", "--rebuild"}).code == 0);
    return stack.TallyJson({"list"}).json()["trades"].size() == 3;
  }));
  json after = stack.TallyJson({"export"}).json();
  // The shop lists the latest first.
  std::reverse(after.begin(), after.end());
  REQUIRE(after == before);
  // Again: nothing is added. Another buyer's trades are not listed.
  REQUIRE(stack.TallyJson({"sync", "--rebuild"}).json()["rebuilt"] == 0);
  REQUIRE(stack.AddShop("eve", "eve").code == 0);
  REQUIRE(stack.TallyJson({"sync", "--rebuild"}).json()["rebuilt"] == 0);
  // What a rebuilt ledger does not know is said.
  REQUIRE(stack.Tally({"reorder", ids[0]}).code == 2);
  REQUIRE(stack.Tally({"reorder", ids[0], "--payment-method", "pm_sandbox_ok"}).code == 0);
}

TEST_CASE("ledger: a shop under two names has its trades once, by id and by reference") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--reference", "PO-1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  REQUIRE(stack.AddShop("again", "alice").code == 0);
  REQUIRE(WaitUntil([&] {
    const TallyResult rebuilt = stack.TallyJson({"sync", "--all", "--rebuild"});
    CAPTURE(rebuilt.out);
    REQUIRE(rebuilt.code == 0);
    REQUIRE(rebuilt.json()["rebuilt"] == 0);
    return stack.postgres().Ask("shopping", "SELECT count(*) FROM trades_by_buyer") == "1";
  }));
  REQUIRE(stack.TallyJson({"list"}).json()["trades"].size() == 1);
  REQUIRE(stack.Track(id.substr(0, 8))["trading_id"] == id);
  REQUIRE(stack.Track("PO-1")["trading_id"] == id);
  // Nor is an order of the same name placed again there.
  const TallyResult same = stack.TallyJson({"--profile", "again", "order", "CHAI:1", "--to",
                                            "Ann Example; Street 1", "--reference", "PO-1"});
  REQUIRE(same.code == 0);
  REQUIRE(same.json()["placed_before"] == 1);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "1");
}

TEST_CASE("ledger: a rebuild does not come between an order and its lost answer") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1", "--reference", "PO-1"});
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  ledger.exec("UPDATE trades SET placement = 0, trading_id = NULL, information = NULL");
  REQUIRE(WaitUntil([&] { return stack.Tally({"sync", "--rebuild"}).code == 0; }));
  const json list = stack.TallyJson({"list"}).json();
  REQUIRE(list["unknown"] == 0);
  REQUIRE(list["trades"].size() == 1);
  REQUIRE(list["trades"][0]["trading_id"] == id);
  // Nor does a changed price make a repeated reorder a second one.
  REQUIRE(stack.Tally({"reorder", id}).code == 0);
  ledger.exec(
      "UPDATE trades SET placement = 0, trading_id = NULL, information = NULL "
      "WHERE key = (SELECT max(key) FROM trades)");
  std::ofstream(stack.File("prices.csv")) << "sku,name,unit_price,tax_percent\nCHAI,Chai,20,7.00\n";
  REQUIRE(stack.Back({"ops", "products", "--from", stack.File("prices.csv")}).code == 0);
  REQUIRE(stack.Tally({"reorder", id}).code == 0);
  REQUIRE(stack.postgres().Ask("shopping", "SELECT count(*) FROM orders") == "2");
}

TEST_CASE("ledger: export as CSV and JSON, into a file that only its owner reads") {
  Stack stack;
  stack.LoadProducts();
  // What a spreadsheet would run is a text in a CSV file.
  const std::string reference = "=1+1, a \"quoted\" name";
  const std::string id = stack.Order({"CHAI:2", "--reference", reference});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  const TallyResult csv = stack.Tally({"export"});
  REQUIRE(csv.code == 0);
  const auto records = ParseCsv(csv.out);
  REQUIRE(records.ok());
  REQUIRE(records->size() == 1);
  REQUIRE((*records)[0]["trading_id"] == id);
  REQUIRE((*records)[0]["reference"] == "'" + reference);
  REQUIRE((*records)[0]["total"] == "43.42");
  REQUIRE((*records)[0]["captured"] == "43.42");
  REQUIRE((*records)[0]["settled"] == "yes");
  const json exported = json::parse(stack.Tally({"export", "--format", "json"}).out);
  REQUIRE(exported[0]["contents"]["trading_id"] == id);
  REQUIRE(exported[0]["contents"]["reference"] == reference);
  REQUIRE(exported[0]["payment"]["transactions"].size() == 2);

  // What could not be written was not exported.
  Process full({std::string(TALLYSTICK_BINARY_DIR) + "/client-cli/tally", "export"},
               {{"TALLY_LEDGER", stack.File("ledger.db")}}, "/dev/full", stack.File("full.err"));
  REQUIRE(full.Wait() == 1);
  REQUIRE(ReadFile(stack.File("full.err")).find("standard output cannot be written") !=
          std::string::npos);
  const std::string path = stack.File("trades.csv");
  REQUIRE(stack.Tally({"export", "--to", path}).code == 0);
  struct stat file {};
  REQUIRE(stat(path.c_str(), &file) == 0);
  REQUIRE((file.st_mode & 0777) == 0600);
  REQUIRE(ReadFile(path) == csv.out);
  REQUIRE(stack.Tally({"export", "--to", path}).code == 1);  // never over another file
}

TEST_CASE("ledger: what others may read is made private, and what is no file is refused") {
  Stack stack;
  const auto mode = [](const std::string& path) {
    struct stat file {};
    REQUIRE(stat(path.c_str(), &file) == 0);
    return file.st_mode & 0777;
  };
  const std::string token = stack.File("token");
  REQUIRE(WriteFile(token, Keys::Get().Token("alice"), 0644).ok());
  REQUIRE(chmod(stack.File("ledger.db").c_str(), 0666) == 0);
  const auto add = [&](const std::string& address, const std::string& token_file) {
    return stack.Tally({"shop", "add", "other", address, "--ca", Keys::Get().File("buyers/ca.crt"),
                        "--token-file", token_file, "--offline"});
  };
  REQUIRE(add(stack.address(0), token).code == 0);
  REQUIRE(mode(token) == 0600);
  REQUIRE(mode(stack.File("ledger.db")) == 0600);
  // A pipe that nobody writes to.
  const std::string pipe = stack.File("pipe");
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  const TallyResult waits = add(stack.address(0), pipe);
  REQUIRE(waits.code == 1);
  REQUIRE(waits.err.find("is not a file") != std::string::npos);
  // Addresses that gRPC would take for something else.
  for (const char* address : {"unix:/tmp/socket", "dns://8.8.8.8/shop:7401", "ipv4:127.0.0.1:1",
                              "127.0.0.1:1,127.0.0.1:2", "127.0.0.1"}) {
    const TallyResult elsewhere = add(address, token);
    CAPTURE(address, elsewhere.err);
    REQUIRE(elsewhere.code == 1);
    REQUIRE(elsewhere.err.find("host:port") != std::string::npos);
  }
  // A subject that no server takes.
  Process keys({std::string(TALLYSTICK_BINARY_DIR) + "/keys-cli/tally-keys", "token",
                Keys::Get().File(""), "--subject", "a\u0085b"},
               {}, "/dev/null", stack.File("keys.err"));
  REQUIRE(keys.Wait() == 1);
  REQUIRE(ReadFile(stack.File("keys.err")).find("control characters") != std::string::npos);
}

TEST_CASE("ledger: the same order twice in a short time is asked about") {
  Stack stack;
  stack.LoadProducts();
  const std::string first = stack.Order({"CHAI:1", "--terms", "NET_30"});
  const std::string second = stack.Order({"CHAI:1", "--terms", "NET_30"});
  REQUIRE(stack.TallyJson({"track", first}).code == 0);
  const TallyResult twice = stack.TallyJson({"track", second});
  REQUIRE(twice.code == 3);
  REQUIRE(twice.json()["warnings"][0]["rule"] == "TWICE-1");
  REQUIRE(twice.json()["warnings"][0]["evidence"]["other trade"] == first);
  // Orders with names of their own are meant.
  const std::string named = stack.Order({"CHANG:1", "--terms", "NET_30", "--reference", "A"});
  const std::string other = stack.Order({"CHANG:1", "--terms", "NET_30", "--reference", "B"});
  REQUIRE(stack.Tally({"track", named, other}).code == 0);
  // The patience is a setting.
  REQUIRE(stack.Tally({"--twice-window-ms", "0", "track", second}).code == 0);
}

TEST_CASE("ledger: a file of the first version is brought up to date") {
  Stack stack;
  stack.LoadProducts();
  const std::string id = stack.Order({"CHAI:1"});
  REQUIRE(stack.TrackUntilState(id, "COMPLETED"));
  // What later versions added is taken out again, and their token is put in.
  SQLite::Database ledger(stack.File("ledger.db"), SQLite::OPEN_READWRITE, 10'000);
  ledger.exec(
      "ALTER TABLE profiles DROP COLUMN ca_file; ALTER TABLE profiles DROP COLUMN token_file;"
      "ALTER TABLE profiles ADD COLUMN token TEXT NOT NULL DEFAULT 'alice';"
      "DROP INDEX trades_once; ALTER TABLE trades DROP COLUMN sendings; "
      "ALTER TABLE trades DROP COLUMN ended; DROP INDEX trades_pending; "
      "ALTER TABLE trades DROP COLUMN reported; ALTER TABLE trades DROP COLUMN digest; "
      "ALTER TABLE requests DROP COLUMN reported; ALTER TABLE profiles DROP COLUMN removed; "
      "DROP TABLE aliases; "
      "CREATE INDEX trades_by_trading_id ON trades (trading_id); "
      "DROP INDEX trades_by_likeness; ALTER TABLE trades DROP COLUMN likeness; "
      "ALTER TABLE trades DROP COLUMN order_time; "
      "ALTER TABLE warnings DROP COLUMN acknowledge_time; "
      "DROP TABLE payment_references; DROP TABLE sightings; "
      "DROP INDEX observations_by_revision; "
      "CREATE INDEX observations_by_trade ON observations (trade_key, service, id); "
      "ALTER TABLE trades DROP COLUMN check_time; "
      "DROP TABLE taken_anew; DROP TABLE limits; DROP TABLE requests; DROP TABLE "
      "snapshot_requests; "
      "PRAGMA user_version = 1");
  const TallyResult unsafe = stack.Tally({"track", id});
  REQUIRE(unsafe.code == 4);
  REQUIRE((unsafe.out + unsafe.err).find("tally shop add demo") != std::string::npos);
  REQUIRE(stack.AddShop("demo", "alice").code == 0);
  REQUIRE(stack.Track(id)["order"]["state"] == "COMPLETED");
  REQUIRE(stack.Tally({"limit", "set", "1.00 USD"}).code == 0);
}

TEST_CASE("completion scripts ask tally for the commands") {
  Stack stack;
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const TallyResult script = stack.Tally({"completion", shell});
    REQUIRE(script.code == 0);
    REQUIRE(script.out.find("__complete") != std::string::npos);
  }
  std::ofstream(stack.File("try.bash")) << stack.Tally({"completion", "bash"}).out
                                        << "COMP_WORDS=(" TALLYSTICK_BINARY_DIR
                                           "/client-cli/tally ops dis); COMP_CWORD=2; _tally; "
                                           "printf '%s' \"${COMPREPLY[*]}\"\n";
  Process bash({"/bin/bash", stack.File("try.bash")}, {}, stack.File("bash.out"),
               stack.File("bash.err"));
  REQUIRE(bash.Wait() == 0);
  REQUIRE(ReadFile(stack.File("bash.out")) == "dispatch");
}

}  // namespace
}  // namespace tallystick::testing
