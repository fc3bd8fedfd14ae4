#include "services/shopping/store/catalogue_store.h"

#include <algorithm>
#include <map>

#include "platform/postgres/array.h"
#include "platform/process/log.h"

namespace tallystick::shopping {
namespace {

using postgres::Query;

constexpr Query kLoadProducts{
    "products_load",
    "SELECT sku, name, category, currency, unit_price, tax_rate_basis_points, stock "
    "FROM products WHERE sku = ANY($1::text[])"};
constexpr Query kListProducts{
    "products_list",
    "SELECT sku, name, category, currency, unit_price, tax_rate_basis_points, stock "
    "FROM products WHERE sku > $1 ORDER BY sku LIMIT $2"};
constexpr Query kListOptions{
    "delivery_options_list",
    "SELECT code, name, fee, lead_time_hours FROM delivery_options ORDER BY code"};
constexpr Query kUpsertProducts{
    "products_upsert",
    "INSERT INTO products (sku, name, category, currency, unit_price, tax_rate_basis_points) "
    "SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], "
    "$6::bigint[]) "
    "ON CONFLICT (sku) DO UPDATE SET name = excluded.name, category = excluded.category, "
    "currency = excluded.currency, unit_price = excluded.unit_price, "
    "tax_rate_basis_points = excluded.tax_rate_basis_points"};
constexpr Query kAddToStock{
    "products_add_to_stock",
    "UPDATE products SET stock = products.stock + change.delta "
    "FROM unnest($1::text[], $2::bigint[]) AS change(sku, delta) "
    "WHERE products.sku = change.sku AND products.stock + change.delta >= 0 "
    "RETURNING products.sku"};
constexpr Query kTakeWhatIsLeft{
    "products_take_what_is_left",
    "UPDATE products SET stock = greatest(0, products.stock - taken.quantity) "
    "FROM unnest($1::text[], $2::bigint[]) AS taken(sku, quantity), "
    "products AS before WHERE products.sku = taken.sku AND before.sku = taken.sku "
    "RETURNING products.sku, taken.quantity - before.stock"};
constexpr Query kRecordAdjustments{
    "stock_adjustments_insert",
    "INSERT INTO stock_adjustments (request_id, sku, delta, create_time) "
    "SELECT $1::uuid, sku, delta, $2::timestamptz "
    "FROM unnest($3::text[], $4::bigint[]) AS change(sku, delta) "
    "ON CONFLICT DO NOTHING"};
constexpr Query kLoadAdjustments{"stock_adjustments_load",
                                 "SELECT sku, delta FROM stock_adjustments WHERE request_id = $1"};

const auto kSku = [](const auto& row) -> const std::string& { return row.sku; };
const auto kDelta = [](const StockAdjustment& adjustment) { return adjustment.delta; };

Product ReadProduct(const pqxx::row& row) {
  return {row[0].c_str(),       row[1].c_str(),       row[2].c_str(),      row[3].c_str(),
          row[4].as<int64_t>(), row[5].as<int32_t>(), row[6].as<int64_t>()};
}

}  // namespace

Catalogue LoadCatalogue(postgres::Transaction& transaction, const std::set<std::string>& skus) {
  Catalogue catalogue;
  const pqxx::result rows = transaction.Exec(
      kLoadProducts,
      postgres::TextArray(skus, [](const std::string& sku) -> const std::string& { return sku; }));
  for (const auto& row : rows) {
    Product product = ReadProduct(row);
    catalogue.products.emplace(product.sku, product);
  }
  for (DeliveryOption& option : ListDeliveryOptions(transaction)) {
    catalogue.options.emplace(option.code, option);
  }
  return catalogue;
}

std::vector<Product> ListProducts(postgres::Transaction& transaction, const std::string& after_sku,
                                  int64_t limit) {
  std::vector<Product> products;
  for (const auto& row : transaction.Exec(kListProducts, after_sku, limit)) {
    products.push_back(ReadProduct(row));
  }
  return products;
}

std::vector<DeliveryOption> ListDeliveryOptions(postgres::Transaction& transaction) {
  std::vector<DeliveryOption> options;
  for (const auto& row : transaction.Exec(kListOptions)) {
    options.push_back(
        {row[0].c_str(), row[1].c_str(), row[2].as<int64_t>(), absl::Hours(row[3].as<int>())});
  }
  return options;
}

void UpsertProducts(postgres::Transaction& transaction, const std::vector<Product>& products) {
  transaction.Exec(
      kUpsertProducts, postgres::TextArray(products, kSku),
      postgres::TextArray(products, [](const Product& p) -> const std::string& { return p.name; }),
      postgres::TextArray(products,
                          [](const Product& p) -> const std::string& { return p.category; }),
      postgres::TextArray(products,
                          [](const Product& p) -> const std::string& { return p.currency; }),
      postgres::BigintArray(products, [](const Product& p) { return p.unit_price; }),
      postgres::BigintArray(products,
                            [](const Product& p) -> int64_t { return p.tax_rate_basis_points; }));
}

std::set<std::string> AddToStock(postgres::Transaction& transaction,
                                 const std::vector<StockAdjustment>& adjustments) {
  std::set<std::string> missing;
  if (adjustments.empty()) return missing;
  for (const StockAdjustment& adjustment : adjustments) missing.insert(adjustment.sku);
  const pqxx::result changed = transaction.Exec(kAddToStock, postgres::TextArray(adjustments, kSku),
                                                postgres::BigintArray(adjustments, kDelta));
  for (const auto& row : changed) missing.erase(row[0].c_str());
  return missing;
}

std::map<std::string, int64_t> TakeWhatIsLeft(postgres::Transaction& transaction,
                                              const std::vector<StockAdjustment>& taken) {
  std::map<std::string, int64_t> missing;
  if (taken.empty()) return missing;
  for (const auto& row : transaction.Exec(kTakeWhatIsLeft, postgres::TextArray(taken, kSku),
                                          postgres::BigintArray(taken, kDelta))) {
    if (row[1].as<int64_t>() > 0) missing[row[0].c_str()] = row[1].as<int64_t>();
  }
  return missing;
}

bool RecordAdjustments(postgres::Transaction& transaction, const Uuid& request_id,
                       const std::vector<StockAdjustment>& adjustments, absl::Time now,
                       bool* same) {
  *same = true;
  std::map<std::string, int64_t> recorded;
  for (const auto& row : transaction.Exec(kLoadAdjustments, request_id.ToString())) {
    recorded[row[0].c_str()] = row[1].as<int64_t>();
  }
  if (!recorded.empty()) {
    std::map<std::string, int64_t> wanted;
    for (const StockAdjustment& adjustment : adjustments) {
      wanted[adjustment.sku] = adjustment.delta;
    }
    *same = wanted == recorded;
    return false;
  }
  const pqxx::result inserted = transaction.Exec(
      kRecordAdjustments, request_id.ToString(),
      absl::FormatTime("%Y-%m-%d %H:%M:%E6S+00", now, absl::UTCTimeZone()),
      postgres::TextArray(adjustments, kSku), postgres::BigintArray(adjustments, kDelta));
  if (static_cast<size_t>(inserted.affected_rows()) != adjustments.size()) {
    throw postgres::Conflict{};
  }
  return true;
}

}  // namespace tallystick::shopping
