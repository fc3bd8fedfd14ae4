// What people type: quantities of products, addresses, order files.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client-cli/trade/catalogue.h"
#include "client-cli/trade/order.h"

namespace tallystick {

// "CHAI:12" → 12 of CHAI; "CHAI" → one.
absl::StatusOr<GoodsQuantity> ParseItem(const std::string& text);

absl::StatusOr<std::vector<GoodsQuantity>> ParseItems(const std::vector<std::string>& texts);

// "CHAI:+12" or "CHAI:-3" → a change of stock.
absl::StatusOr<StockDelta> ParseStockDelta(const std::string& text);

// "Recipient; Street 1; 12345 City; Country": the label's lines, divided by semicolons.
absl::StatusOr<Address> ParseAddress(const std::string& text);

// A point in time: "2026-11-22T18:00:00Z" (RFC 3339), local time as it is shown ("2026-11-22",
// "2026-11-22 18:00", "2026-11-22 18:00:30.125"), "18:00" or "18:00:30" (today), or "+2h", "+90m",
// "+1h30m" (from `now`). Whole milliseconds.
absl::StatusOr<absl::Time> ParseTime(const std::string& text, absl::Time now);
// The same, and "3d" or "12h" for so long ago.
absl::StatusOr<absl::Time> ParsePast(const std::string& text, absl::Time now);

// The id that was given, to repeat a request whose answer was lost; a new one when it is empty.
absl::StatusOr<Uuid> ParseRequestId(const std::string& text, absl::Time now);

// "12.50 USD" or "12.50USD".
absl::StatusOr<Money> ParseMoney(const std::string& typed);

// Columns reference, sku, quantity, address; optional option, payment_method, terms. Lines with one
// reference make one order, in the order of first appearance; they must agree in everything but sku
// and quantity. `defaults` fills what the file leaves empty.
absl::StatusOr<std::vector<OrderRequest>> ParseOrderFile(const std::string& text,
                                                         const OrderRequest& defaults);

// Columns sku, name, unit_price; optional category, currency (USD), tax_percent (0), stock. The
// stock column becomes `stock` of each product.
absl::StatusOr<std::vector<CatalogueProduct>> ParseProductFile(const std::string& text);

}  // namespace tallystick
