// The Northwind orders as tally reads them. The data is found through TALLYSTICK_NORTHWIND, or
// beside the checkout in ../shared/data/northwind; it is not part of the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "client-cli/input/csv.h"
#include "tests/support/catch.h"

namespace tallystick::testing {

// Empty when the data is not there.
inline std::string NorthwindFolder() {
  const char* set = std::getenv("TALLYSTICK_NORTHWIND");
  const std::string folder =
      set != nullptr ? set : std::string(TALLYSTICK_SOURCE_DIR) + "/../shared/data/northwind";
  return std::filesystem::exists(folder + "/orders.csv") ? folder : "";
}

inline std::vector<CsvRecord> ReadRecords(const std::string& path) {
  const auto text = ReadTextFile(path);
  REQUIRE(text.ok());
  auto records = ParseCsv(*text);
  REQUIRE(records.ok());
  return *std::move(records);
}

inline std::string Quoted(const std::string& text) {
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

// Writes products.csv (stock as large as all orders together) and orders.csv as tally takes them.
inline void WriteNorthwind(const std::string& folder, const std::string& products_path,
                           const std::string& orders_path) {
  std::map<std::string, int64_t> wanted;
  const auto lines = ReadRecords(folder + "/order_lines.csv");
  for (const CsvRecord& line : lines) wanted[line["product_id"]] += std::stoll(line["quantity"]);

  std::ofstream products(products_path);
  products << "sku,name,category,unit_price,tax_percent,stock\n";
  for (const CsvRecord& product : ReadRecords(folder + "/products.csv")) {
    products << "NW-" << product["product_id"] << "," << Quoted(product["name"]) << ","
             << Quoted(product["category"]) << "," << product["unit_price"] << ",7.00,"
             << wanted[product["product_id"]] << "\n";
  }

  std::map<std::string, std::string> addresses;
  for (const CsvRecord& order : ReadRecords(folder + "/orders.csv")) {
    std::vector<std::string> address;
    for (const char* column : {"ship_name", "ship_address", "ship_city", "ship_region",
                               "ship_postal_code", "ship_country"}) {
      if (!order[column].empty()) address.push_back(order[column]);
    }
    addresses[order["order_id"]] = absl::StrJoin(address, "; ");
  }
  std::ofstream orders(orders_path);
  orders << "reference,sku,quantity,address\n";
  for (const CsvRecord& line : lines) {
    orders << line["order_id"] << ",NW-" << line["product_id"] << "," << line["quantity"] << ","
           << Quoted(addresses[line["order_id"]]) << "\n";
  }
}

}  // namespace tallystick::testing
