#include "tests/faults/orders.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/input/pricing.h"

namespace tallystick::faults {
namespace {

constexpr int kPlenty = 24;
constexpr int kScarce = 4;
constexpr char kScarcePrefix[] = "RARE-";

// One of the words, each as often as its weight says.
struct Weighted {
  const char* word;
  int weight;
};
template <size_t n>
std::string PickWeighted(Random& random, const Weighted (&words)[n]) {
  int sum = 0;
  for (const Weighted& word : words) sum += word.weight;
  int at = Pick(random, sum);
  for (const Weighted& word : words) {
    at -= word.weight;
    if (at < 0) return word.word;
  }
  return "";
}

constexpr Weighted kPlaces[] = {{"", 70},
                                {"SANDBOX-REFUSE", 6},
                                {"SANDBOX-LOSE", 6},
                                {"SANDBOX-SPLIT", 10},
                                {"SANDBOX-LOSE SANDBOX-SPLIT", 3},
                                {"SANDBOX-KEEP", 5}};
constexpr Weighted kMethods[] = {{"pm_sandbox_ok", 74},
                                 {"pm_sandbox_timeout", 12},
                                 {"pm_sandbox_declined", 6},
                                 {"pm_sandbox_insufficient_funds", 4},
                                 {"pm_sandbox_capture_fails", 4}};
constexpr Weighted kOptions[] = {{"standard", 6}, {"express", 3}, {"pickup", 1}};
constexpr Weighted kTerms[] = {{"PREPAID", 5}, {"ON_DELIVERY", 3}, {"NET_30", 2}};

}  // namespace

std::vector<CatalogueProduct> SampleProducts() {
  constexpr int32_t kRates[] = {0, 700, 1900};
  std::vector<CatalogueProduct> products;
  for (int i = 1; i <= kPlenty + kScarce; ++i) {
    CatalogueProduct product;
    product.sku = i <= kPlenty ? absl::StrCat("ITEM-", i) : absl::StrCat(kScarcePrefix, i);
    product.name = absl::StrCat("Product ", i);
    product.unit_price = {"USD", 199 + 137 * i};
    product.tax_rate_basis_points = kRates[i % 3];
    products.push_back(std::move(product));
  }
  return products;
}

bool IsScarce(const std::string& sku) { return absl::StartsWith(sku, kScarcePrefix); }

OrderRequest RandomOrder(Random& random, const CataloguePages& catalogue, std::string reference) {
  OrderRequest order;
  order.reference = std::move(reference);
  order.delivery_option = PickWeighted(random, kOptions);
  order.payment_method = PickWeighted(random, kMethods);
  order.terms = *ParseTerms(PickWeighted(random, kTerms));
  order.ship_to.lines = {"Ann Example", absl::StrCat("Street ", Pick(random, 10'000)),
                         "12345 City"};
  const std::string place = PickWeighted(random, kPlaces);
  if (!place.empty()) order.ship_to.lines.push_back(place);
  const std::vector<CatalogueProduct> products = SampleProducts();
  const int lines = 1 + Pick(random, 3);
  const int first = Pick(random, kPlenty);
  for (int i = 0; i < lines; ++i) {
    order.items.push_back(
        {products[static_cast<size_t>((first + i * 5) % kPlenty)].sku, 1 + Pick(random, 4)});
  }
  if (Pick(random, 8) == 0) {
    order.items.push_back(
        {products[static_cast<size_t>(kPlenty + Pick(random, kScarce))].sku, 1 + Pick(random, 3)});
  }
  if (Pick(random, 3) == 0) {
    const absl::StatusOr<Money> total = EstimateTotal(order, catalogue);
    if (total.ok()) order.expected_total = *total;
  }
  return order;
}

std::string OrderFile(const std::vector<OrderRequest>& orders) {
  std::string text = "reference,sku,quantity,address,option,payment_method,terms\n";
  for (const OrderRequest& order : orders) {
    for (const GoodsQuantity& item : order.items) {
      absl::StrAppend(&text, order.reference, ",", item.sku, ",", item.quantity, ",\"",
                      absl::StrJoin(order.ship_to.lines, "; "), "\",", order.delivery_option, ",",
                      order.payment_method, ",", ToString(order.terms), "\n");
    }
  }
  return text;
}

}  // namespace tallystick::faults
