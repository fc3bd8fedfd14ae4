#include "tests/faults/market.h"

#include <stdexcept>

#include "absl/time/clock.h"
#include "platform/ids/uuid.h"

namespace tallystick::faults {
namespace {

constexpr absl::Duration kPace = absl::Milliseconds(400);
// An adjustment whose outcome stays unknown for longer is given up; the audit will say so.
constexpr int kMaxTries = 200;
constexpr int64_t kPlentyOfStock = 10'000'000;

}  // namespace

Market::Market(Cluster& cluster, uint64_t seed)
    : shop_(cluster.ShopOf("operator:market")), random_(seed) {
  const absl::Status loaded = BackOffice(shop_).UpsertProducts(SampleProducts());
  if (!loaded.ok()) throw std::runtime_error(loaded.ToString());
  std::vector<StockDelta> first;
  for (const CatalogueProduct& product : SampleProducts()) {
    first.push_back({product.sku, IsScarce(product.sku) ? 5 : kPlentyOfStock});
  }
  Adjust(first);
  thread_ = std::thread([this] { Loop(); });
}

void Market::Stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void Market::Adjust(const std::vector<StockDelta>& deltas) {
  const Uuid request_id = NewUuidV7(absl::Now());
  for (int tries = 0; tries < kMaxTries; ++tries) {
    const absl::Status adjusted = BackOffice(shop_).AdjustStock(request_id, deltas);
    if (adjusted.ok()) {
      for (const StockDelta& delta : deltas) added_[delta.sku] += delta.delta;
      return;
    }
    if (IsRefusal(adjusted)) return;
    absl::SleepFor(absl::Milliseconds(500));
  }
}

void Market::Loop() {
  const std::vector<CatalogueProduct> products = SampleProducts();
  while (!stopping_) {
    std::vector<CatalogueProduct> changed = {
        products[static_cast<size_t>(Pick(random_, static_cast<int>(products.size())))]};
    changed.front().unit_price.minor += Pick(random_, 200);
    (void)BackOffice(shop_).UpsertProducts(changed);  // another one follows
    const CatalogueProduct& product =
        products[static_cast<size_t>(Pick(random_, static_cast<int>(products.size())))];
    const int64_t most = IsScarce(product.sku) ? 6 : 50;
    // Now and then something is taken away, which the shop may refuse.
    Adjust({{product.sku, Pick(random_, 5) == 0 ? -most : most}});
    for (const CatalogueProduct& scarce : products) {
      if (IsScarce(scarce.sku) && Pick(random_, 10) == 0) Adjust({{scarce.sku, 2}});
    }
    absl::SleepFor(kPace);
  }
}

}  // namespace tallystick::faults
