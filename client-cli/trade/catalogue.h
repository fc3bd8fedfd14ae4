// What a shop sells, and changes of its stock.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/money/money.h"

namespace tallystick {

struct CatalogueProduct {
  std::string sku;
  std::string name;
  std::string category;
  Money unit_price;
  int32_t tax_rate_basis_points = 0;
  int64_t stock = 0;
};

struct CatalogueOption {
  std::string code;
  std::string name;
  int64_t fee = 0;
  int32_t lead_time_hours = 0;
};

struct CataloguePages {
  std::vector<CatalogueProduct> products;
  std::vector<CatalogueOption> options;
};

struct StockDelta {
  std::string sku;
  int64_t delta = 0;
};

}  // namespace tallystick
