// What the command line shows, held against the files in tests/golden. Whoever has changed it on
// purpose writes them anew with TALLYSTICK_RENEW_GOLDEN=1, and looks at what git says of that.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client-cli/app/command_line.h"
#include "client-cli/commands/usage.h"
#include "client-cli/output/picture.h"
#include "tests/support/fake_shop.h"
#include "tests/unit/ledger_file.h"
#include "tests/unit/report_trades.h"

namespace tallystick::testing {
namespace {

// Long ago: what is said of it does not depend on when the test runs.
const absl::Time kLongAgo = absl::FromUnixSeconds(1'600'000'000);

void HoldAgainst(const std::string& name, const std::string& text) {
  const std::string path = absl::StrCat(TALLYSTICK_SOURCE_DIR, "/tests/golden/", name, ".txt");
  if (std::getenv("TALLYSTICK_RENEW_GOLDEN") != nullptr) {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
  }
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  INFO(path << ": TALLYSTICK_RENEW_GOLDEN=1 writes it anew");
  CHECK(text == golden.str());
}

std::vector<CLI::App*> CommandsIn(CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string HelpOfAll(CLI::App& command) {
  std::string text = command.help();
  for (CLI::App* below : CommandsIn(command)) absl::StrAppend(&text, "\n", HelpOfAll(*below));
  return text;
}

// No line is wider than a terminal; `width` columns.
void CheckFits(const std::string& text, int width) {
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    CAPTURE(line);
    CHECK(DisplayWidth(line) <= width);
  }
}

// A ledger with a trade under way, one that is done and one with two warnings, at a shop that
// answers.
class Shown {
 public:
  Shown() {
    setenv("TZ", "UTC", 1);
    std::ofstream(folder_ / "token") << "token\n";
    std::filesystem::permissions(folder_ / "token", std::filesystem::perms(0600));
    REQUIRE(ledger_->PutProfile({"demo", shop_.address(), "", folder_ / "token"}, true).ok());
    shop_.OnListProducts([](const auto&, auto& response) {
      for (const auto& [sku, name, price] :
           {std::tuple("CHAI", "Chai", 1800),
            std::tuple("QUESO", "Queso Manchego La Pastora, of the milk of ewes, aged", 3800)}) {
        auto& product = *response.add_products();
        product.set_sku(sku);
        product.set_name(name);
        product.set_category("Food");
        product.mutable_unit_price()->set_currency_code("USD");
        product.mutable_unit_price()->set_minor_units(price);
        product.set_tax_rate_basis_points(700);
        product.set_stock(100);
      }
      auto& option = *response.add_delivery_options();
      option.set_code("standard");
      option.set_name("Standard");
      option.set_fee_minor_units(490);
      return absl::OkStatus();
    });
    Add(TradeUnderWay(1), {});
    Add(TradeDone(2), {});
    Add(TradeDone(3),
        {{"MONEY-2",
          Severity::kAlarm,
          "9,696.56 USD more was captured than is due; ask payment to give it back",
          {{"captured", "9,999.99 USD"}, {"due", "303.43 USD"}}},
         {"HISTORY-1",
          Severity::kWarning,
          "payment answers with revision 3, and had given revision 5 before: ask the shop whether "
          "its database was restored",
          {{"now", "3"}}}});
  }

  // What the command shows at so many columns.
  std::string Run(std::vector<std::string> words, int width) {
    CommandLine line;
    std::ranges::reverse(words);
    line.app.parse(std::move(words));
    Collected collected;
    Context context{line.options, *ledger_, Screen(collected, line.options.output, width)};
    (void)line.action(context);
    return collected.printed;
  }

 private:
  void Add(LedgerTrade trade, const std::vector<Warning>& warnings) {
    OrderContents& contents = trade.information->contents;
    contents.trading_id =
        *ParseUuid(absl::StrCat("01742000-0000-8000-8000-00000000000", trade.key));
    contents.order_time = kLongAgo + absl::Hours(trade.key);
    contents.promised_delivery_time = kLongAgo + absl::Hours(48);
    trade.information->trading_id = contents.trading_id.ToString();
    REQUIRE(ledger_->AddKnown("demo", *trade.information, kLongAgo) == Listed::kAdded);
    TradeView view;
    view.contents = contents;
    const auto answer = [&](Side, auto& status, auto& to) {
      status->trading_id = contents.trading_id;
      status->revision = 4;
      status->create_time = contents.order_time;
      status->update_time = kLongAgo + absl::Hours(50);
      to.Set(*status);
      to.ask_time = kLongAgo + absl::Hours(51);
    };
    ForEachSide(answer, trade, view);
    const absl::StatusOr<LedgerTrade> kept = ledger_->Find(contents.trading_id.ToString());
    REQUIRE(kept.ok());
    ledger_->Observe(view, kept->key, warnings, false, kLongAgo + absl::Hours(51));
    ledger_->NoteEnded(kept->key, HasEnded(trade), kLongAgo + absl::Hours(51));
  }

  TempFolder folder_;
  LedgerFile file_;
  std::unique_ptr<Ledger> ledger_ = file_.Open();
  FakeShop shop_;
};

TEST_CASE("golden: the help of each command") {
  CommandLine line;
  const auto hold = [](const std::string& name, const std::string& text) {
    CAPTURE(name);
    CheckFits(text, 80);
    HoldAgainst("help/" + name, text);
  };
  hold("tally", line.app.help());
  hold("short", ShortHelp(line.app, 80));
  for (CLI::App* command : CommandsIn(line.app)) hold(command->get_name(), HelpOfAll(*command));
}

TEST_CASE("golden: help at a narrow terminal is broken between words") {
  CommandLine line(40);
  HoldAgainst("help/order-40", line.app.get_subcommand("order")->help());
  for (const absl::string_view row :
       absl::StrSplit(absl::StrCat(HelpOfAll(line.app), ShortHelp(line.app, 40)), '\n')) {
    // What stands out is a word that is longer, or an example that is typed as it stands.
    const absl::string_view words = absl::StripAsciiWhitespace(row);
    const bool one_word = !absl::StrContains(words, ' ');
    const bool example = absl::StartsWith(words, "tally ");
    CAPTURE(row);
    CHECK((DisplayWidth(row) <= 40 || one_word || example));
  }
}

TEST_CASE("golden: list, show, warnings and products at 40, 80 and 200 columns") {
  Shown shown;
  const std::vector<std::pair<std::string, std::vector<std::string>>> commands = {
      {"list", {"list", "--all"}},
      {"list-sorted", {"list", "--all", "--sort", "reference"}},
      {"list-state", {"list", "--state", "in_transit"}},
      {"show", {"show", "1", "--offline"}},
      {"show-warned", {"show", "3", "--offline"}},
      {"warnings", {"warnings"}},
      {"products", {"products"}},
  };
  for (const auto& [name, words] : commands) {
    for (const int width : {40, 80, 200}) {
      CAPTURE(name, width);
      const std::string text = shown.Run(words, width);
      CheckFits(text, width);
      HoldAgainst(absl::StrCat(name, "-", width), text);
    }
  }
}

TEST_CASE("golden: nothing is cut where columns have no room") {
  Shown shown;
  for (const int width : {20, 30, 40, 59}) {
    CAPTURE(width);
    const std::string products = shown.Run({"products"}, width);
    CheckFits(products, width);
    CHECK_FALSE(absl::StrContains(products, "…"));
    for (const char* word : {"QUESO", "Pastora", "18.00", "Standard", "4.90"}) {
      CHECK(absl::StrContains(products, word));
    }
  }
}

TEST_CASE("golden: a limit that is exceeded is among the warnings") {
  Shown shown;
  REQUIRE_FALSE(absl::StrContains(shown.Run({"warnings"}, 80), "LIMIT-1"));
  (void)shown.Run({"limit", "set", "20.00 USD"}, 80);
  const std::string text = shown.Run({"warnings"}, 80);
  CheckFits(text, 80);
  HoldAgainst("warnings-limit-80", text);
  REQUIRE(absl::StrContains(text, "LIMIT-1"));
}

TEST_CASE("golden: lists as CSV") {
  Shown shown;
  HoldAgainst("list-csv", shown.Run({"-o", "csv", "list"}, 80));
  HoldAgainst("products-csv", shown.Run({"-o", "csv", "products"}, 80));
}

TEST_CASE("golden: a trade as track draws it at 40, 80 and 200 columns") {
  setenv("TZ", "UTC", 1);
  for (const auto& [name, trade] :
       {std::pair("track", TradeUnderWay(1)), std::pair("track-done", TradeDone(2))}) {
    LedgerTrade fixed = trade;
    fixed.information->contents.trading_id = *ParseUuid("01742000-0000-8000-8000-000000000001");
    for (const int width : {40, 80, 200}) {
      Collected collected;
      const Screen screen(collected, "table", width);
      const std::string text = PictureText(screen, fixed, {}, kReportTime);
      CheckFits(text, width);
      HoldAgainst(absl::StrCat(name, "-", width), text);
    }
  }
}

}  // namespace
}  // namespace tallystick::testing
