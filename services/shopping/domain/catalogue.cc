#include "services/shopping/domain/catalogue.h"

#include "platform/error/error.h"
#include "platform/trade/text.h"

namespace tallystick::shopping {
namespace {

constexpr size_t kMaxNameBytes = 200;
constexpr int32_t kWholeInBasisPoints = 10'000;

}  // namespace

absl::Status CheckProduct(const Product& product, const std::string& at) {
  if (!IsSku(product.sku)) {
    return InvalidField(at + ".sku", "give 1 to 64 characters out of A-Z a-z 0-9 - _ .");
  }
  absl::Status sku = CheckText(at + ".sku", product.sku, kMaxNameBytes, true);
  if (!sku.ok()) return sku;
  absl::Status name = CheckText(at + ".name", product.name, kMaxNameBytes, true);
  if (!name.ok()) return name;
  absl::Status category = CheckText(at + ".category", product.category, kMaxNameBytes, false);
  if (!category.ok()) return category;
  if (!IsCurrencyCode(product.currency)) {
    return InvalidField(at + ".unit_price.currency_code", "give an ISO 4217 code like USD");
  }
  if (product.unit_price < 0) {
    return InvalidField(at + ".unit_price.minor_units", "must not be negative");
  }
  if (product.tax_rate_basis_points < 0 || product.tax_rate_basis_points > kWholeInBasisPoints) {
    return InvalidField(at + ".tax_rate_basis_points", "give 0 to 10000, hundredths of a percent");
  }
  return absl::OkStatus();
}

}  // namespace tallystick::shopping
