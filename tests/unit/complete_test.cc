// What a shell completes: commands, options, and what things of the ledger are called.
#include "client-cli/app/complete.h"

#include <sqlite3.h>

#include <filesystem>

#include "client-cli/app/command_line.h"
#include "tests/unit/ledger_file.h"

namespace tallystick::testing {
namespace {

CompletionSources Sources(LedgerNames names = {}) {
  return {
      [names] { return names; },
      [](const std::string& shop) {
        CataloguePages pages;
        if (shop == "elsewhere") return pages;
        pages.products = {{"CHAI", "Chai", "", {"USD", 1800}}, {"TOFU", "Tofu", "", {"USD", 5}}};
        pages.options = {{"express", "Express"}};
        return pages;
      }};
}

LedgerNames TwoTrades() {
  return {{{2, "", "019cafe0-0000-8000-8000-000000000002", "demo", true, {{"CHANG", 1}}},
           {1, "PO-1", "019cafe0-0000-8000-8000-000000000001", "demo", true, {{"CHAI", 2}}},
           {3, "PO-3", "019dafe0-0000-7000-8000-000000000003", "demo", false, {{"TOFU", 1}}}},
          {{"demo", "127.0.0.1:1"}, {"back", "127.0.0.1:1"}},
          {{7, "MONEY-2"}}};
}

// Only the words, in their order.
std::vector<std::string> Words(const std::vector<std::string>& typed,
                               const LedgerNames& names = TwoTrades()) {
  const CommandLine line;
  std::vector<std::string> words;
  for (const Candidate& candidate : Complete(line.app, typed, Sources(names)).words) {
    words.push_back(candidate.word);
  }
  return words;
}

bool WantsFiles(const std::vector<std::string>& typed) {
  const CommandLine line;
  return Complete(line.app, typed, Sources()).files;
}

using List = std::vector<std::string>;

TEST_CASE("complete: commands and options, also after an option that has a value") {
  REQUIRE(Words({"tr"}) == List{"track"});
  REQUIRE(Words({"-o", "json", "tr"}) == List{"track"});
  REQUIRE(Words({"--profile", "list", "expo"}) == List{"export"});
  REQUIRE(Words({"ops", "del"}) == List{"deliver"});
  REQUIRE(Words({"limit", ""}) == List{"set", "clear"});
  REQUIRE(Words({"-o", ""}) == List{"table", "wide", "name", "json", "yaml", "csv"});
  REQUIRE(Words({"-o", "js"}) == List{"json"});
  REQUIRE(Words({"--output=js"}) == List{"--output=json"});
  REQUIRE(Words({"--output", "=", "js"}) == List{"json"});
  REQUIRE(Words({"order", "--dry"}) == List{"--dry-run"});
  REQUIRE(Words({"order", "--time"}) == List{"--timeout-ms"});
  REQUIRE(Words({"help", "orde"}) == List{"order"});
  REQUIRE(Words({"completion", "z"}) == List{"zsh"});
  REQUIRE(Words({"nothing", "like", "th"}).empty());
}

TEST_CASE("complete: trades by number, reference and id, shops, goods, terms, warnings") {
  REQUIRE(Words({"track", ""}) == List{"2", "1", "PO-1"});
  REQUIRE(Words({"status", "PO-1", "P"}) == List{"PO-1"});
  REQUIRE(Words({"show", "019c"}).size() == 2);
  REQUIRE(Words({"drop", ""}) == List{"PO-3"});
  REQUIRE(Words({"list", "--shop", ""}) == List{"demo", "back"});
  REQUIRE(Words({"shop", "remove", "b"}) == List{"back"});
  REQUIRE(Words({"order", ""}) == List{"CHAI", "CHANG", "TOFU"});
  REQUIRE(Words({"order", "CHAI:2", "T"}) == List{"TOFU"});
  REQUIRE(Words({"--profile", "elsewhere", "order", "CHA"}) == List{"CHAI", "CHANG"});
  // Only what is in the trade can be given back.
  REQUIRE(Words({"return", "PO-1", ""}) == List{"CHAI"});
  REQUIRE(Words({"return", "2", ""}) == List{"CHANG"});
  REQUIRE(Words({"reorder", "2", "--add", "T"}) == List{"TOFU"});
  REQUIRE(Words({"reorder", "2", "--set", ""}) == List{"CHANG"});
  REQUIRE(Words({"order", "--option", ""}) == List{"express"});
  REQUIRE(Words({"order", "--terms", "N"}) == List{"NET_30"});
  REQUIRE(Words({"warnings", "ack", ""}) == List{"7"});
}

TEST_CASE("complete: file names where a file is wanted, and nowhere else") {
  for (const List& typed :
       {List{"order", "--from", ""}, List{"report", "--html", "x"}, List{"export", "--to", ""},
        List{"shop", "add", "demo", "h:1", "--ca", ""}, List{"ops", "products", "--from", ""}}) {
    REQUIRE(WantsFiles(typed));
  }
  for (const List& typed : {List{"order", "--to", ""}, List{"order", ""}, List{""}}) {
    REQUIRE_FALSE(WantsFiles(typed));
  }
}

TEST_CASE("complete: words that would steer a terminal are left out") {
  LedgerNames names;
  names.trades = {{1, "a\x1b[31m", "019c", "demo", true, {{"CHAI", 1}}},
                  {2, "b", "019d", "de\nmo", true, {}}};
  const CommandLine line;
  const std::string text = CompletionText(Complete(line.app, {"show", ""}, Sources(names)));
  REQUIRE(text == "1\t1 CHAI at demo\n2\t at de?mo\nb\t at de?mo\n");
}

TEST_CASE("complete: a ledger is read as it is") {
  const LedgerFile file;
  REQUIRE(ReadNames(file.path()).trades.empty());
  REQUIRE_FALSE(std::filesystem::exists(file.path()));
  {
    const auto ledger = file.Open();
    REQUIRE(ledger->PutProfile(Shop("demo"), true).ok());
    std::vector<LedgerTrade> orders{Order("demo", "PO-1")};
    REQUIRE(ledger->BeginSending(Shop("demo"), orders).ok());
  }
  const LedgerNames names = ReadNames(file.path());
  REQUIRE(names.trades.size() == 1);
  REQUIRE(names.trades[0].reference == "PO-1");
  REQUIRE_FALSE(names.trades[0].placed);
  REQUIRE(names.trades[0].goods == std::vector<GoodsQuantity>{{"CHAI", 1}});
  REQUIRE(names.shops.size() == 1);
  // Of another version: not brought up to date, nor in doubt about what can be read.
  file.Execute("PRAGMA user_version = 1");
  REQUIRE(ReadNames(file.path()).trades.size() == 1);
  REQUIRE(SQLite::Database(file.path()).execAndGet("PRAGMA user_version").getInt() == 1);
  file.Execute("ALTER TABLE trades RENAME TO others");
  REQUIRE(ReadNames(file.path()).trades.empty());
  // And not waited for.
  SQLite::Database other(file.path(), SQLite::OPEN_READWRITE);
  other.exec("PRAGMA locking_mode = EXCLUSIVE");
  other.exec("BEGIN EXCLUSIVE");
  REQUIRE(ReadNames(file.path()).trades.empty());
}

}  // namespace
}  // namespace tallystick::testing
