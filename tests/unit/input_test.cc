// What people type and what is shown to them.
#include "client-cli/input/arguments.h"

#include <clocale>

#include "client-cli/input/csv.h"
#include "client-cli/input/pricing.h"
#include "client-cli/output/csv.h"
#include "client-cli/output/table.h"
#include "platform/trade/text.h"
#include "tests/support/catch.h"

namespace tallystick {
namespace {

std::string ErrorOf(const absl::Status& status) { return std::string(status.message()); }

TEST_CASE("CSV: quotes, doubled quotes, line breaks, CRLF, byte order mark") {
  const auto records = ParseCsv(
      "\xef\xbb\xbf"
      "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\n",
      {{"a"}, {"b"}});
  REQUIRE(records.ok());
  REQUIRE(records->size() == 2);
  REQUIRE((*records)[0]["b"] == "x, \"y\"\nz");
  REQUIRE((*records)[1]["a"] == "2");
  REQUIRE((*records)[1].line == 5);
  REQUIRE((*records)[1]["no such column"].empty());
}

TEST_CASE("CSV: errors name the line") {
  REQUIRE(ErrorOf(ParseCsv("").status()) == "line 1: there is no header line");
  REQUIRE(ErrorOf(ParseCsv("a\n1\n", {{"b"}, {"a"}}).status()) == "line 1: there is no column 'b'");
  REQUIRE(ErrorOf(ParseCsv("a,b\n1,2\n3\n").status()) == "line 3: 1 fields, but the header has 2");
  REQUIRE(ErrorOf(ParseCsv("a\n\"x\n\n").status()) == "line 2: a quote is not closed");
  REQUIRE(ErrorOf(ParseCsv("a\n\xff\n").status()) == "line 2: a is not valid UTF-8");
}

TEST_CASE("CSV: a column that is mistyped, there twice or divided otherwise is not passed over") {
  const CsvColumns columns{{"sku"}, {"address"}};
  REQUIRE(ErrorOf(ParseCsv("sku,adress\nA,x\n", columns).status()) ==
          "line 1: there is a column 'adress', and nobody would read it; the columns are sku, "
          "address");
  REQUIRE(ErrorOf(ParseCsv("sku,address,Address\nA,x,y\n", columns).status()) ==
          "line 1: the column 'address' is there twice");
  REQUIRE(ErrorOf(ParseCsv("sku;address\nA;x\n", columns).status()) ==
          "line 1: the columns are divided by ';': save the file with commas");
  const auto records = ParseCsv("SKU,Address\nA,x\n", columns);
  REQUIRE(records.ok());
  REQUIRE((*records)[0]["address"] == "x");
}

TEST_CASE("CSV: no text that a spreadsheet would run, and each text to be had again") {
  for (const char* formula :
       {"=1",      "+1",      "-1",      "@x",       "|x",       "%x",       "\t",
        "\r1",     " =1",     "  \n =1", "\u00a0=1", "\u3000@x", "\ufeff=1", "\uff1d1",
        "\uff0b1", "\uff0d1", "\uff20x", " \uff1d1", "'",        "'=x",      "'x"}) {
    CAPTURE(formula);
    REQUIRE(CsvText(formula) == std::string("'") + formula);
  }
  for (const char* text : {"", " ", "x", "1=1", "PO-7", "a'b", "\u3000x", "\uff11"}) {
    CAPTURE(text);
    REQUIRE(CsvText(text) == text);
  }
  // tally's own numbers are numbers; what somebody called a trade is not.
  REQUIRE(CsvRecordText({{"-1.00", true}, {"-1.00"}, {"=a,\"b\""}, {"plain"}}) ==
          "-1.00,'-1.00,\"'=a,\"\"b\"\"\",plain\r\n");
}

TEST_CASE("items, stock changes and addresses") {
  REQUIRE(*ParseItem("CHAI:12") == GoodsQuantity{"CHAI", 12});
  REQUIRE(*ParseItem("CHAI") == GoodsQuantity{"CHAI", 1});
  for (const char* wrong : {"CHAI:0", "CHAI:-1", "CHAI:x", "CHAI:1.5", ":3", "", "A B:1",
                            "CHAI:99999999999999999999"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(ParseItem(wrong).ok());
  }
  REQUIRE(ParseStockDelta("CHAI:-3")->delta == -3);
  REQUIRE(ParseStockDelta("CHAI:+3")->delta == 3);
  REQUIRE_FALSE(ParseStockDelta("CHAI").ok());
  REQUIRE(ParseAddress(" Ann ; Street 1;; City ")->lines ==
          std::vector<std::string>{"Ann", "Street 1", "City"});
  REQUIRE_FALSE(ParseAddress(" ; ").ok());
}

TEST_CASE("order files: one order a reference, in the order of appearance") {
  OrderRequest defaults;
  defaults.payment_method = "pm";
  const auto orders =
      ParseOrderFile("reference,sku,quantity,address\n2,A,1,x;y\n1,B,2,z\n2,C,3,x;y\n", defaults);
  REQUIRE(orders.ok());
  REQUIRE(orders->size() == 2);
  REQUIRE((*orders)[0].reference == "2");
  REQUIRE((*orders)[0].items == std::vector<GoodsQuantity>{{"A", 1}, {"C", 3}});
  REQUIRE((*orders)[0].ship_to.lines == std::vector<std::string>{"x", "y"});
  REQUIRE((*orders)[1].payment_method == "pm");
  const auto error = [&](const std::string& rows) {
    return ErrorOf(ParseOrderFile("reference,sku,quantity,address\n" + rows, defaults).status());
  };
  REQUIRE(error("1,A,0,x\n") == "line 2: the quantity of A must be at least 1, not 0");
  REQUIRE(error(",A,1,x\n") == "line 2: there is no reference");
  REQUIRE(error("1,A,1,\n") == "line 2: there is no address, and no --to");
  REQUIRE(error("1,A,1,x\n1,B,1,y\n").find("line 3: order 1 has another address") == 0);
}

TEST_CASE("product files") {
  const auto products =
      ParseProductFile("sku,name,unit_price,tax_percent,stock\nA,Chai,18.5,7.25,3\n");
  REQUIRE(products.ok());
  REQUIRE((*products)[0].unit_price == Money{"USD", 1850});
  REQUIRE((*products)[0].tax_rate_basis_points == 725);
  REQUIRE((*products)[0].stock == 3);
  REQUIRE_FALSE(ParseProductFile("sku,name,unit_price\nA,Chai,1.234\n").ok());
}

TEST_CASE("text checks: UTF-8, control characters, card numbers") {
  for (const char* good : {"", "abc", "Café", "象", "😀"}) REQUIRE(IsValidUtf8(good));
  for (const char* bad : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    REQUIRE_FALSE(IsValidUtf8(bad));
  }
  REQUIRE(ContainsCardNumber("4111111111111111"));
  REQUIRE(ContainsCardNumber("card 4111-1111-1111-1111."));
  REQUIRE(ContainsCardNumber("4111 1111 1111 1111 12/27 123"));
  REQUIRE(ContainsCardNumber("no. 7 4111  1111 . 1111-1111"));
  REQUIRE(ContainsCardNumber("4111.1111.1111.1111"));
  REQUIRE_FALSE(ContainsCardNumber("4111111111111112"));
  REQUIRE_FALSE(ContainsCardNumber("order 12345"));
  REQUIRE_FALSE(ContainsCardNumber("pm_sandbox_ok"));
  REQUIRE(CheckText("f", "x", 1, true).ok());
  REQUIRE_FALSE(CheckText("f", "xy", 1, true).ok());
  REQUIRE_FALSE(CheckText("f", "", 1, true).ok());
  REQUIRE_FALSE(CheckText("f", "\x1b[31m", 9, true).ok());
  // C1: U+0085, a new line to some, and U+009B, which begins an escape sequence.
  REQUIRE_FALSE(CheckText("f", "a\u0085b", 9, true).ok());
  REQUIRE_FALSE(CheckText("f", "\u009b31m", 9, true).ok());
  REQUIRE(CheckText("f", "\u00a0\u00e9", 9, true).ok());
}

TEST_CASE("tables fit the width and keep control characters from the terminal") {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Table table({{"A"}, {"NAME", false, true}, {"N", true}});
  table.Add({"x", "a long name that will not fit", "12"});
  table.Add({"y", "象象\x1b[31m", "3"});
  REQUIRE(table.Render(40) ==
          "A  NAME                            N\n"
          "x  a long name that will not fit  12\n"
          "y  象象?[31m                       3\n");
  // Nothing is cut where a row has room as a block of lines.
  REQUIRE(table.Render(20) ==
          "A     x\nNAME  a long name\n      that will not\n      fit\nN     12\n\n"
          "A     y\nNAME  象象?[31m\nN     3\n");
  Table wide({{"A"}, {"NAME", false, true}});
  wide.Add({"x", std::string(100, 'n')});
  REQUIRE(wide.Render(80) == "A  NAME\nx  " + std::string(76, 'n') + "…\n");
  REQUIRE(table.Render(0).find("a long name that will not fit") != std::string::npos);
  REQUIRE(Printable("a\u202eb") == "a?b");
  REQUIRE(Printable("a\xff") == "a?");
  // What nobody would see: a zero-width space, a byte order mark, a tag.
  REQUIRE(Printable("a\u200bb") == "a<U+200B>b");
  REQUIRE(Printable("\ufeffa\U000e0041") == "<U+FEFF>a<U+E0041>");
  REQUIRE(DisplayWidth("象a") == 3);
}

TEST_CASE("times are read as people type them") {
  const absl::Time now = absl::FromUnixSeconds(1'800'000'000) + absl::Milliseconds(5);
  REQUIRE(*ParseTime("+2h", now) == now + absl::Hours(2));
  REQUIRE(*ParseTime("+1h30m", now) == now + absl::Minutes(90));
  REQUIRE(*ParseTime("+0s", now) == now);
  REQUIRE(*ParseTime("2026-11-22T18:00:00.250Z", now) ==
          absl::FromCivil(absl::CivilSecond(2026, 11, 22, 18, 0, 0), absl::UTCTimeZone()) +
              absl::Milliseconds(250));
  const auto six = ParseTime("18:00", now);
  REQUIRE(six.ok());
  REQUIRE(absl::FormatTime("%H:%M", *six, absl::LocalTimeZone()) == "18:00");
  REQUIRE(absl::ToCivilDay(*six, absl::LocalTimeZone()) ==
          absl::ToCivilDay(now, absl::LocalTimeZone()));
  for (const char* wrong : {"", "+", "+-2h", "-2h", "tomorrow", "25:00", "18", "+inf"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(ParseTime(wrong, now).ok());
  }
  REQUIRE(ParseMoney("12.50 USD")->minor == 1250);
  REQUIRE(ParseMoney("12JPY")->minor == 12);
  for (const char* wrong : {"", "12.50", "USD", "12.505 USD", "x USD"}) {
    CAPTURE(wrong);
    REQUIRE_FALSE(ParseMoney(wrong).ok());
  }
}

TEST_CASE("an order's total is estimated as the shop computes it") {
  CataloguePages catalogue;
  catalogue.products = {{"A", "A", "", {"USD", 333}, 1900}, {"E", "E", "", {"EUR", 1}}};
  catalogue.options = {{"standard", "Standard", 490, 120}};
  OrderRequest request;
  request.items = {{"A", 3}};
  request.delivery_option = "standard";
  REQUIRE(*EstimateTotal(request, catalogue) == Money{"USD", 999 + 190 + 490});
  request.items = {{"A", 3}, {"E", 1}};
  REQUIRE_FALSE(EstimateTotal(request, catalogue).ok());
  request.items = {{"A", std::numeric_limits<int64_t>::max()}};
  REQUIRE_FALSE(EstimateTotal(request, catalogue).ok());
  request.items = {{"X", 1}};
  REQUIRE(absl::IsNotFound(EstimateTotal(request, catalogue).status()));
}

}  // namespace
}  // namespace tallystick
