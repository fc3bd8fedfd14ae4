// What the shop of the harness sells, and orders of all kinds.
#pragma once

#include <random>
#include <string>
#include <vector>

#include "client-cli/remote/shop.h"
#include "client-cli/trade/trade.h"

namespace tallystick::faults {

using Random = std::mt19937_64;

// 0 … below - 1.
inline int Pick(Random& random, int below) {
  return static_cast<int>(random() % static_cast<uint64_t>(below));
}

// Products there is enough of, and a few that are always about to run out.
std::vector<CatalogueProduct> SampleProducts();
bool IsScarce(const std::string& sku);

// An order of any kind that the sandbox distinguishes; `catalogue` is what the buyer saw last, and
// may be out of date by now: some orders insist on the total that follows from it.
OrderRequest RandomOrder(Random& random, const CataloguePages& catalogue, std::string reference);

// The same as a file for `tally order --from`, which cannot insist on a total.
std::string OrderFile(const std::vector<OrderRequest>& orders);

}  // namespace tallystick::faults
