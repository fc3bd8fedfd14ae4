// What an order will cost by the shop's catalogue, before it is sent.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "client-cli/trade/catalogue.h"
#include "client-cli/trade/order.h"

namespace tallystick {

// Null when the catalogue has no such product.
const CatalogueProduct* FindProduct(const CataloguePages& catalogue, const std::string& sku);

// What the shop would take: the lines with their amounts, the delivery fee and the sums; nothing
// that only the shop knows. NOT_FOUND for a product or delivery option that the catalogue does not
// have, INVALID_ARGUMENT for mixed currencies or too large an order.
absl::StatusOr<OrderContents> Quote(const OrderRequest& request, const CataloguePages& catalogue);

// The total with tax and delivery fee, as the shop computes it; errors as of Quote.
absl::StatusOr<Money> EstimateTotal(const OrderRequest& request, const CataloguePages& catalogue);

// Why the shop would refuse the order, as far as the catalogue tells; with the shop's own reason,
// where it has one: TOTAL_CHANGED, OUT_OF_STOCK, INVALID_FIELD. What would be taken is taken from
// the stock in `catalogue`, so that orders can be asked about one after the other.
// `quote`: of the same order.
absl::Status Foresee(const OrderRequest& request, const absl::StatusOr<OrderContents>& quote,
                     CataloguePages& catalogue);

}  // namespace tallystick
