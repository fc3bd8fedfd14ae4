#include "client-cli/input/arguments.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "client-cli/input/csv.h"
#include "platform/time/clock.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

absl::Status AtLine(const CsvRecord& record, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", record.line, ": ", what));
}

absl::StatusOr<int64_t> ParseWhole(absl::string_view text, absl::string_view what) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return absl::InvalidArgumentError(absl::StrCat(what, " '", text, "' is not a whole number"));
  }
  return number;
}

// The part after the last colon, if any, is the number.
std::pair<std::string, std::string> SplitAtColon(const std::string& text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos) return {text, ""};
  return {text.substr(0, colon), text.substr(colon + 1)};
}

absl::Status CheckSku(const std::string& sku) {
  if (IsSku(sku)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("'", sku, "' is not a SKU; write SKU:QUANTITY, e.g. CHAI:12"));
}

// What all lines of one order must agree in.
absl::Status TakeOrderWide(const CsvRecord& record, const OrderRequest& defaults,
                           OrderRequest& order, bool first) {
  OrderRequest line = defaults;
  if (!record["address"].empty()) {
    absl::StatusOr<Address> address = ParseAddress(record["address"]);
    if (!address.ok()) return AtLine(record, address.status().message());
    line.ship_to = *std::move(address);
  }
  if (line.ship_to.lines.empty()) return AtLine(record, "there is no address, and no --to");
  if (!record["option"].empty()) line.delivery_option = record["option"];
  if (!record["payment_method"].empty()) line.payment_method = record["payment_method"];
  if (!record["terms"].empty()) {
    const std::optional<Terms> terms = ParseTerms(record["terms"]);
    if (!terms) return AtLine(record, absl::StrCat("the terms must be ", TermsToChooseFrom()));
    line.terms = *terms;
  }
  if (first) {
    line.reference = order.reference;
    order = std::move(line);
    return absl::OkStatus();
  }
  if (line.ship_to != order.ship_to || line.delivery_option != order.delivery_option ||
      line.payment_method != order.payment_method || line.terms != order.terms) {
    return AtLine(record, absl::StrCat("order ", order.reference,
                                       " has another address, option, payment method or terms "
                                       "here than on its first line"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<GoodsQuantity> ParseItem(const std::string& text) {
  const auto [sku, quantity] = SplitAtColon(text);
  const absl::Status valid = CheckSku(sku);
  if (!valid.ok()) return valid;
  if (text.find(':') == std::string::npos) return GoodsQuantity{sku, 1};
  const absl::StatusOr<int64_t> number = ParseWhole(quantity, "the quantity");
  if (!number.ok()) return number.status();
  if (*number < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("the quantity of ", sku, " must be at least 1, not ", *number));
  }
  return GoodsQuantity{sku, *number};
}

absl::StatusOr<std::vector<GoodsQuantity>> ParseItems(const std::vector<std::string>& texts) {
  std::vector<GoodsQuantity> items;
  for (const std::string& text : texts) {
    absl::StatusOr<GoodsQuantity> item = ParseItem(text);
    if (!item.ok()) return item.status();
    items.push_back(*std::move(item));
  }
  return items;
}

absl::StatusOr<StockDelta> ParseStockDelta(const std::string& text) {
  const auto [sku, delta] = SplitAtColon(text);
  const absl::Status valid = CheckSku(sku);
  if (!valid.ok()) return valid;
  const absl::StatusOr<int64_t> number = ParseWhole(delta, "the change of stock");
  if (!number.ok()) return number.status();
  return StockDelta{sku, *number};
}

absl::StatusOr<Address> ParseAddress(const std::string& text) {
  Address address;
  for (absl::string_view line : absl::StrSplit(text, ';')) {
    line = absl::StripAsciiWhitespace(line);
    if (!line.empty()) address.lines.emplace_back(line);
  }
  if (address.lines.empty()) {
    return absl::InvalidArgumentError(
        "the address is empty; write it like \"Ann Example; Street 1; 12345 City; Country\"");
  }
  return address;
}

absl::StatusOr<absl::Time> ParseTime(const std::string& text, absl::Time now) {
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "+")) {
    absl::Duration ahead;
    if (absl::ParseDuration(std::string(rest), &ahead) && ahead >= absl::ZeroDuration() &&
        ahead < absl::InfiniteDuration()) {
      return TruncateToMillis(now + ahead);
    }
  }
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return TruncateToMillis(time);
  const std::string today = absl::FormatTime("%Y-%m-%d ", now, absl::LocalTimeZone());
  for (const char* format : {"%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"}) {
    if (absl::ParseTime(format, today + text, absl::LocalTimeZone(), &time, &error)) return time;
  }
  for (const char* format : {"%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    if (absl::ParseTime(format, text, absl::LocalTimeZone(), &time, &error)) {
      return TruncateToMillis(time);
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text, "' is no time; write 2026-11-22T18:00:00Z, 18:00 (today) or +2h (from now)"));
}

absl::StatusOr<absl::Time> ParsePast(const std::string& text, absl::Time now) {
  absl::string_view rest = text;
  int64_t days = 0;
  if (absl::ConsumeSuffix(&rest, "d") && absl::SimpleAtoi(rest, &days) && days >= 0 &&
      days < 100'000) {
    return now - absl::Hours(24) * days;
  }
  absl::Duration ago;
  if (absl::ParseDuration(text, &ago) && ago >= absl::ZeroDuration() &&
      ago < absl::InfiniteDuration()) {
    return now - ago;
  }
  const absl::StatusOr<absl::Time> time = ParseTime(text, now);
  if (time.ok()) return time;
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text, "' is no time; write 2026-11-22, 2026-11-22T18:00:00Z, or 3d or 12h (ago)"));
}

absl::StatusOr<Uuid> ParseRequestId(const std::string& text, absl::Time now) {
  if (text.empty()) return NewUuidV7(now);
  const std::optional<Uuid> id = ParseUuid(text);
  if (id) return *id;
  return absl::InvalidArgumentError("--request-id is no UUID");
}

absl::StatusOr<Money> ParseMoney(const std::string& typed) {
  const std::string text = absl::AsciiStrToUpper(typed);
  const size_t letters = text.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  if (letters == std::string::npos || letters == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", typed, "' is no amount; write it like \"12.50 USD\""));
  }
  std::string amount = text.substr(0, letters);
  amount.erase(amount.find_last_not_of(' ') + 1);
  return ParseAmount(amount, text.substr(letters));
}

absl::StatusOr<std::vector<OrderRequest>> ParseOrderFile(const std::string& text,
                                                         const OrderRequest& defaults) {
  absl::StatusOr<std::vector<CsvRecord>> records = ParseCsv(
      text, {{"reference", "sku", "quantity"}, {"address", "option", "payment_method", "terms"}});
  if (!records.ok()) return records.status();
  std::vector<OrderRequest> orders;
  std::map<std::string, size_t> by_reference;
  for (const CsvRecord& record : *records) {
    const std::string& reference = record["reference"];
    if (reference.empty()) return AtLine(record, "there is no reference");
    const absl::StatusOr<GoodsQuantity> item =
        ParseItem(absl::StrCat(record["sku"], ":", record["quantity"]));
    if (!item.ok()) return AtLine(record, item.status().message());
    const auto [at, first] = by_reference.emplace(reference, orders.size());
    if (first) orders.emplace_back().reference = reference;
    OrderRequest& order = orders[at->second];
    const absl::Status agreed = TakeOrderWide(record, defaults, order, first);
    if (!agreed.ok()) return agreed;
    order.items.push_back(*item);
  }
  return orders;
}

absl::StatusOr<std::vector<CatalogueProduct>> ParseProductFile(const std::string& text) {
  absl::StatusOr<std::vector<CsvRecord>> records = ParseCsv(
      text, {{"sku", "name", "unit_price"}, {"category", "currency", "tax_percent", "stock"}});
  if (!records.ok()) return records.status();
  std::vector<CatalogueProduct> products;
  for (const CsvRecord& record : *records) {
    const std::string currency = record["currency"].empty() ? "USD" : record["currency"];
    const absl::StatusOr<Money> price = ParseAmount(record["unit_price"], currency);
    if (!price.ok()) return AtLine(record, price.status().message());
    CatalogueProduct product{record["sku"], record["name"], record["category"], *price};
    if (!record["tax_percent"].empty()) {
      // A percentage with two decimals has the shape of an amount with two.
      const absl::StatusOr<Money> rate = ParseAmount(record["tax_percent"], "USD");
      if (!rate.ok()) return AtLine(record, rate.status().message());
      product.tax_rate_basis_points = static_cast<int32_t>(rate->minor);
    }
    if (!record["stock"].empty()) {
      const absl::StatusOr<int64_t> stock = ParseWhole(record["stock"], "the stock");
      if (!stock.ok()) return AtLine(record, stock.status().message());
      product.stock = *stock;
    }
    products.push_back(std::move(product));
  }
  return products;
}

}  // namespace tallystick
