// What people type, and the files that they give. The first byte says what the rest is.
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client-cli/input/arguments.h"
#include "client-cli/input/csv.h"
#include "client-cli/input/pricing.h"
#include "client-cli/output/json.h"
#include "platform/trade/text.h"
#include "tests/fuzz/check.h"

namespace tallystick::fuzz {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

template <typename Result>
bool Read(const Result& result) {
  Check(result.ok() || absl::IsInvalidArgument(result.status()), "a refusal says what is wrong");
  return result.ok();
}

std::string Quoted(const std::string& field) {
  return absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
}

// What was read and is written again, all in quotes, is read as the same.
void TryCsv(const std::string& text) {
  const auto records = ParseCsv(text);
  if (!Read(records) || records->empty()) return;
  std::string again;
  for (const auto& [name, value] : records->front().values) {
    absl::StrAppend(&again, again.empty() ? "" : ",", Quoted(name));
  }
  for (const CsvRecord& record : *records) {
    std::string line;
    for (const auto& [name, value] : record.values) {
      absl::StrAppend(&line, line.empty() ? "\n" : ",", Quoted(value));
    }
    again += line;
  }
  const auto reread = ParseCsv(again);
  // (A record of one empty field is a blank line.)
  if (records->front().values.size() < 2) return;
  Check(reread.ok() && reread->size() == records->size(), "CSV can be written and read again");
  for (size_t i = 0; i < records->size(); ++i) {
    Check((*reread)[i].values == (*records)[i].values, "and is the same");
  }
}

CataloguePages TheCatalogue() {
  return {{{"CHAI", "Chai", "", {"USD", 1800}, 700, 10},
           {"DEAR", "Dear", "", {"USD", INT64_MAX}, 10'000, 1},
           {"EURO", "Euro", "", {"EUR", 1}, 0, 1}},
          {{"standard", "Standard", 490, 120}, {"dear", "Dear", INT64_MAX, 1}}};
}

void TryOrders(const std::string& text) {
  OrderRequest defaults;
  defaults.ship_to.lines = {"Ann Example"};
  defaults.delivery_option = "standard";
  const auto orders = ParseOrderFile(text, defaults);
  if (!Read(orders)) return;
  static const CataloguePages catalogue = TheCatalogue();
  for (const OrderRequest& order : *orders) {
    Check(!order.items.empty() && !order.ship_to.lines.empty(), "an order has goods and a place");
    Check(IsValidUtf8(order.reference), "what is read is UTF-8");
    for (const GoodsQuantity& item : order.items) {
      Check(IsSku(item.sku) && item.quantity > 0, "an item is some of a product");
    }
    const auto total = EstimateTotal(order, catalogue);
    Check(!total.ok() || total->minor >= 0, "a total is an amount");
  }
}

void TryProducts(const std::string& text) {
  const auto products = ParseProductFile(text);
  if (!Read(products)) return;
  CataloguePages catalogue{*products, {{"", "None", 0, 0}}};
  for (const CatalogueProduct& product : *products) {
    (void)EstimateTotal({{{product.sku, 1'000'000}}, {}, ""}, catalogue);
  }
}

void TryArgument(const std::string& text) {
  const auto item = ParseItem(text);
  if (Read(item)) {
    const auto again = ParseItem(absl::StrCat(item->sku, ":", item->quantity));
    Check(item->quantity > 0 && again.ok() && *again == *item, "an item is written as it is read");
  }
  (void)Read(ParseStockDelta(text));
  const auto address = ParseAddress(text);
  if (Read(address)) Check(!address->lines.empty(), "an address has lines");
  const auto money = ParseMoney(text);
  if (Read(money)) {
    const auto again = ParseMoney(absl::StrCat(FormatAmount(*money), " ", money->currency));
    Check(again.ok() && *again == *money, "an amount is written as it is read");
  }
  const auto time = ParseTime(text, kNow);
  if (Read(time) && *time > absl::FromUnixSeconds(0) &&
      *time < absl::FromUnixSeconds(253'402'300'000)) {
    const auto again = ParseTime(TimeText(*time), kNow);
    Check(again.ok() && *again == *time, "a time is written as it is read");
  }
}

void Run(const std::string& input) {
  if (input.empty()) return;
  const std::string rest = input.substr(1);
  switch (input.front()) {
    case 'o': return TryOrders(rest);
    case 'p': return TryProducts(rest);
    case 'a': return TryArgument(rest);
    default: return TryCsv(rest);
  }
}

std::vector<std::string> Seeds() {
  return {
      "oreference,sku,quantity,address\nPO-1,CHAI,12,Ann; Street 1\nPO-1,EURO,1,Ann; Street 1\n",
      "oreference,sku,quantity,option,payment_method,terms\nPO-1,DEAR,2,dear,pm,NET_30\n",
      "o\xef\xbb\xbfreference,sku,quantity,address\r\nPO-2,CHAI,1,\"Ann \"\"A\"\"\nStreet\"\r\n",
      "psku,name,unit_price,category,currency,tax_percent,stock\nCHAI,Chai,18.00,Tea,USD,7,39\n",
      "psku,name,unit_price\nA,\"B, C\",12\nD,E,0.5\n",
      "ca,b\n1,\"2\n3\"\n",
      "aCHAI:12",
      "aCHAI:-3",
      "aAnn Example; Street 1; 12345 City",
      "a2026-11-22T18:00:00.123Z",
      "a18:00:30",
      "a+1h30m",
      "a12.50 USD",
      "a-0.5KWD",
      "a9223372036854775807 JPY"};
}

}  // namespace
}  // namespace tallystick::fuzz

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  tallystick::fuzz::MaybeWriteSeeds(*argc, *argv, tallystick::fuzz::Seeds());
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tallystick::fuzz::Run(std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
