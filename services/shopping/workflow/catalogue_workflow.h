// What is committed together when the catalogue is read or changed. Off the hot path: one request a
// transaction.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/postgres/session.h"
#include "platform/time/clock.h"
#include "services/shopping/domain/catalogue.h"

namespace tallystick::shopping {

struct ProductPage {
  std::vector<Product> products;
  std::vector<DeliveryOption> options;
  bool more = false;
};

// Not thread-safe: for one batcher's thread.
class CatalogueWorkflow {
 public:
  CatalogueWorkflow(const postgres::Database& database, Clock clock)
      : clock_(std::move(clock)), session_({.database = database}) {}

  absl::StatusOr<ProductPage> List(const std::string& after_sku, int page_size);

  // All or none; the products have been checked. `subject` is who asks.
  absl::Status Upsert(const std::vector<Product>& products, const std::string& subject);

  // All or none, once for each request id.
  absl::Status AdjustStock(const Uuid& request_id, const std::vector<StockAdjustment>& adjustments,
                           const std::string& subject);

 private:
  const Clock clock_;
  postgres::Session session_;
};

}  // namespace tallystick::shopping
