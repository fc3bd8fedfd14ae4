// The same answer as YAML and as CSV.
#include "client-cli/output/rows.h"
#include "client-cli/output/yaml.h"
#include "tests/support/catch.h"

namespace tallystick::testing {
namespace {

TEST_CASE("yaml: nested lists and objects, texts that would mean something else, and nothing") {
  const Json json{{"trades", Json::array({{{"id", "a"}, {"lines", Json::array({1, 2})}},
                                          {{"id", "yes"}, {"lines", Json::array()}}})},
                  {"none", nullptr},
                  {"empty", Json::object()},
                  {"no", true},
                  {"a key: with", "line\nbreak"}};
  REQUIRE(YamlText(json) ==
          "---\n"
          "trades:\n"
          "  - id: \"a\"\n"
          "    lines:\n"
          "      - 1\n"
          "      - 2\n"
          "  - id: \"yes\"\n"
          "    lines: []\n"
          "none: null\n"
          "empty: {}\n"
          "\"no\": true\n"
          "\"a key: with\": \"line\\nbreak\"\n");
  REQUIRE(YamlText(Json::array({Json::array({1}), "x"})) == "---\n- - 1\n- \"x\"\n");
  // What JSON writes as two halves; a backslash of the text's own is none of them.
  REQUIRE(YamlText(Json::array({"\xF0\x9F\x91\xA9!", "\\ud83d\\udc69"})) ==
          "---\n- \"\\U0001f469!\"\n- \"\\\\ud83d\\\\udc69\"\n");
}

TEST_CASE("csv: a row a trade, with amounts as numbers and formulas made harmless") {
  const Json trade{{"number", 1},
                   {"trading_id", "id"},
                   {"shop", "demo"},
                   {"reference", "=1+1"},
                   {"order_state", nullptr},
                   {"delivered", true},
                   {"total", {{"currency_code", "USD"}, {"minor_units", -150}}}};
  const Json list{{"trades", Json::array({trade})}, {"owed", Json::array()}};
  const std::string header =
      "number,trading_id,shop,reference,order_time,order_state,payment_state,delivery_state,"
      "delivered,settled,currency,total,owed,open_warnings\r\n";
  REQUIRE(RowsText(list, true) == header + "1,id,demo,'=1+1,,,,,true,,USD,-1.50,,\r\n");
  REQUIRE(RowsText(list, false) == "1,id,demo,'=1+1,,,,,true,,USD,-1.50,,\r\n");
  REQUIRE(RowsText({{"trades", Json::array()}, {"owed", Json::array()}}, true) == header);
}

TEST_CASE("csv: of a followed trade, a warning and a product, and of nothing else") {
  const Json track{{"trading_id", "id"},
                   {"in_step", false},
                   {"payment", {{"state", "CAPTURED"}}},
                   {"warnings", Json::array({1, 2})}};
  REQUIRE(RowsText(track, false) == "id,,,,CAPTURED,,,,,,,,,false,2\r\n");
  const Json warnings{{"warnings", Json::array({{{"id", 7}, {"rule", "MONEY-2"}}})},
                      {"limits", Json::array()}};
  REQUIRE(RowsText(warnings, false) == "7,,MONEY-2,,,,,\r\n");
  const Json hostile{{"products", Json::array({{{"sku", "X"},
                                                {"name",
                                                 "\x1b]0;gone\x07\xC2\x9B"
                                                 "2J\r\nnext"}}})},
                     {"delivery_options", Json::array()}};
  const std::string shown = RowsText(hostile, false);
  REQUIRE(shown.find_first_of("\x1b\x07") == std::string::npos);
  REQUIRE(shown.find("\xC2\x9B") == std::string::npos);
  REQUIRE(shown.find("\r\n") == shown.size() - 2);
  const Json products{
      {"products", Json::array({{{"sku", "CHAI"},
                                 {"name", "Chai"},
                                 {"unit_price", {{"currency_code", "USD"}, {"minor_units", 1800}}},
                                 {"stock", 3}}})},
      {"delivery_options", Json::array()}};
  REQUIRE(RowsText(products, false) == "CHAI,Chai,,USD,18.00,,3\r\n");
  REQUIRE(RowsText({{"error", {{"code", "x"}}}}, true).empty());
}

}  // namespace
}  // namespace tallystick::testing
