// What a buyer asks for, and whether and at what price the shop agrees: pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "platform/trade/contents.h"
#include "platform/trade/draft.h"
#include "services/shopping/domain/catalogue.h"

namespace tallystick::shopping {

struct OrderDraft : Draft {
  Uuid request_id;
  std::string buyer;
  std::string traceparent;  // of the request; see platform/ids/trace.h
};

// Of everything but the request id, the buyer and the trace: equal drafts, equal fingerprints. 32
// bytes.
std::string Fingerprint(const OrderDraft& draft);

// Prices the draft and takes its goods from the catalogue's stock; an error takes nothing.
// UNKNOWN_SKU {sku, field}, OUT_OF_STOCK {sku, requested, available}, TOTAL_CHANGED {expected,
// actual}, INVALID_FIELD. Requires CheckDraft.
absl::StatusOr<OrderContents> PriceAndTake(const OrderDraft& draft, const Uuid& trading_id,
                                           Catalogue& catalogue, absl::Time now);

}  // namespace tallystick::shopping
