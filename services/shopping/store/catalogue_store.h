// Products, stock and delivery options in PostgreSQL.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "platform/postgres/session.h"
#include "services/shopping/domain/catalogue.h"

namespace tallystick::shopping {

// The products of `skus` that exist, and all delivery options.
Catalogue LoadCatalogue(postgres::Transaction& transaction, const std::set<std::string>& skus);

// Products after `after_sku`, ordered by SKU, at most `limit`.
std::vector<Product> ListProducts(postgres::Transaction& transaction, const std::string& after_sku,
                                  int64_t limit);

std::vector<DeliveryOption> ListDeliveryOptions(postgres::Transaction& transaction);

// Inserts or replaces all but the stock.
void UpsertProducts(postgres::Transaction& transaction, const std::vector<Product>& products);

// Adds each delta to its product's stock. Gives the SKUs that could not be changed, because there
// is no such product or its stock would become negative; if there are any, roll back.
std::set<std::string> AddToStock(postgres::Transaction& transaction,
                                 const std::vector<StockAdjustment>& adjustments);

// Takes each quantity from its product's stock, or what is left of it; gives how much was missing,
// by SKU.
std::map<std::string, int64_t> TakeWhatIsLeft(postgres::Transaction& transaction,
                                              const std::vector<StockAdjustment>& taken);

// Records adjustments under a request id. False when that id was recorded before: then nothing was
// changed, and `same` tells whether it was with the same adjustments.
bool RecordAdjustments(postgres::Transaction& transaction, const Uuid& request_id,
                       const std::vector<StockAdjustment>& adjustments, absl::Time now, bool* same);

}  // namespace tallystick::shopping
