#include "client-cli/output/rows.h"

#include "absl/strings/str_cat.h"
#include "client-cli/output/csv.h"
#include "client-cli/output/table.h"

namespace tallystick {
namespace {

struct RowField {
  const char* name;
  const char* at;  // a JSON pointer
};

struct RowKind {
  const char* list;      // where the rows are; "" is the object itself
  const char* of_these;  // a member that only this kind has
  std::vector<RowField> fields;
};

const RowKind kKinds[] = {
    {"trades",
     "owed",
     {{"number", "/number"},
      {"trading_id", "/trading_id"},
      {"shop", "/shop"},
      {"reference", "/reference"},
      {"order_time", "/order_time"},
      {"order_state", "/order_state"},
      {"payment_state", "/payment_state"},
      {"delivery_state", "/delivery_state"},
      {"delivered", "/delivered"},
      {"settled", "/settled"},
      {"currency", "/total/currency_code"},
      {"total", "/total"},
      {"owed", "/owed"},
      {"open_warnings", "/open_warnings"}}},
    {"",
     "in_step",
     {{"trading_id", "/trading_id"},
      {"shop", "/shop"},
      {"reference", "/reference"},
      {"order_state", "/order/state"},
      {"payment_state", "/payment/state"},
      {"delivery_state", "/delivery/state"},
      {"delivered", "/delivered"},
      {"settled", "/settled"},
      {"currency", "/total/currency_code"},
      {"total", "/total"},
      {"owed", "/owed"},
      {"captured", "/payment/captured"},
      {"refunded", "/payment/refunded"},
      {"in_step", "/in_step"},
      {"warnings", "/warnings"}}},
    {"warnings",
     "limits",
     {{"id", "/id"},
      {"state", "/state"},
      {"rule", "/rule"},
      {"severity", "/severity"},
      {"trading_id", "/trading_id"},
      {"first_seen", "/first_seen"},
      {"last_seen", "/last_seen"},
      {"sentence", "/sentence"}}},
    {"products",
     "delivery_options",
     {{"sku", "/sku"},
      {"name", "/name"},
      {"category", "/category"},
      {"currency", "/unit_price/currency_code"},
      {"unit_price", "/unit_price"},
      {"tax_rate_basis_points", "/tax_rate_basis_points"},
      {"stock", "/stock"}}},
};

CsvCell CellOf(const Json& row, const RowField& field) {
  const Json::json_pointer pointer(field.at);
  if (!row.contains(pointer)) return {""};
  const Json& value = row.at(pointer);
  if (value.is_null()) return {""};
  // (Of others, and perhaps for a terminal.)
  if (value.is_string()) return {Printable(value.get<std::string>())};
  if (value.is_object() && value.contains("minor_units")) {
    return {FormatAmount({value["currency_code"], value["minor_units"]}), true};
  }
  if (value.is_array()) return {absl::StrCat(value.size()), true};  // how many
  return {Dump(value), value.is_number()};
}

void AppendRow(const Json& row, const RowKind& kind, std::string& text) {
  std::vector<CsvCell> cells;
  for (const RowField& field : kind.fields) cells.push_back(CellOf(row, field));
  absl::StrAppend(&text, CsvRecordText(cells));
}

}  // namespace

std::string RowsText(const Json& json, bool header) {
  for (const RowKind& kind : kKinds) {
    if (!json.contains(kind.of_these) || !(*kind.list == '\0' || json.contains(kind.list)))
      continue;
    std::string text;
    if (header) {
      std::vector<CsvCell> names;
      for (const RowField& field : kind.fields) names.push_back({field.name});
      text = CsvRecordText(names);
    }
    if (*kind.list == '\0') {
      AppendRow(json, kind, text);
    } else {
      for (const Json& row : json.at(kind.list)) AppendRow(row, kind, text);
    }
    return text;
  }
  return "";
}

}  // namespace tallystick
