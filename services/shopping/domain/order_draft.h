// What a buyer asks for, and whether and at what price the shop agrees: pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/contents.h"
#include "platform/trade/limits.h"
#include "platform/trade/status.h"
#include "services/shopping/domain/catalogue.h"

namespace tallystick::shopping {

inline constexpr size_t kMaxAddressLines = 6;
inline constexpr size_t kMaxAddressLineBytes = 200;
inline constexpr size_t kMaxReferenceBytes = 64;
inline constexpr size_t kMaxPaymentMethodBytes = 128;

struct OrderDraft {
  Uuid request_id;
  std::string buyer;
  std::vector<GoodsQuantity> items;
  Address ship_to;
  std::string delivery_option;
  Terms terms = Terms::kPrepaid;
  std::string payment_method;
  std::optional<Money> expected_total;
  std::string buyer_reference;
  std::string traceparent;  // of the request; see platform/ids/trace.h
};

// Everything that can be said without the catalogue. INVALID_FIELD naming the field.
absl::Status CheckDraft(const OrderDraft& draft);

// Of everything but the request id, the buyer and the trace: equal drafts, equal fingerprints. 32
// bytes.
std::string Fingerprint(const OrderDraft& draft);

// Prices the draft and takes its goods from the catalogue's stock; an error takes nothing.
// UNKNOWN_SKU {sku, field}, OUT_OF_STOCK {sku, requested, available}, TOTAL_CHANGED {expected,
// actual}, INVALID_FIELD. Requires CheckDraft.
absl::StatusOr<OrderContents> PriceAndTake(const OrderDraft& draft, const Uuid& trading_id,
                                           Catalogue& catalogue, absl::Time now);

}  // namespace tallystick::shopping
