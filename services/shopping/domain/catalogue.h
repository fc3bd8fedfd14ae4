// What the shop sells and how it delivers: pure values.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "platform/trade/status.h"

namespace tallystick::shopping {

struct Product {
  std::string sku;
  std::string name;
  std::string category;
  std::string currency;
  int64_t unit_price = 0;  // net, in minor units
  int32_t tax_rate_basis_points = 0;
  int64_t stock = 0;
};

struct DeliveryOption {
  std::string code;
  std::string name;
  int64_t fee = 0;  // in minor units of the order's currency, tax included
  absl::Duration lead_time;
};

// The part of the catalogue that a batch of orders needs. Taking from it shows the next order of
// the batch what is left.
struct Catalogue {
  std::map<std::string, Product> products;        // by SKU
  std::map<std::string, DeliveryOption> options;  // by code
};

// INVALID_FIELD naming the field of a product that cannot be sold like that; `at` is its place in
// the request, e.g. "products[3]".
absl::Status CheckProduct(const Product& product, const std::string& at);

struct StockAdjustment {
  std::string sku;
  int64_t delta = 0;
};

}  // namespace tallystick::shopping
