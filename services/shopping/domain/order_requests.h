// What a buyer may ask of an order that was accepted: to cancel it, to give goods back. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "platform/trade/limits.h"
#include "services/shopping/domain/order.h"

namespace tallystick::shopping {

// Requests to cancel and to return, of one order.
inline constexpr size_t kMaxRequests = 200;

struct CancelRequest {
  Uuid request_id;
  std::string reason;
};

struct ReturnRequest {
  Uuid request_id;
  std::vector<GoodsQuantity> lines;
  std::string reason;
};

// Everything that can be said without the order. INVALID_FIELD naming the field.
absl::Status CheckRequest(const CancelRequest& request);
absl::Status CheckRequest(const ReturnRequest& request);

// Nullopt when nothing changes: the request took effect before, or the order is being canceled or
// is CANCELED already. NOT_CANCELABLE {state}; REQUEST_ID_REUSED.
absl::StatusOr<std::optional<Change>> Cancel(const Order& order, const CancelRequest& request,
                                             absl::Time now);

// Nullopt when the request took effect before. ORDER_STATE {state}, UNKNOWN_SKU, NOT_RETURNABLE
// {sku, requested, returnable}, RETURN_PERIOD_OVER {sku, deadline}; REQUEST_ID_REUSED.
absl::StatusOr<std::optional<Change>> ReturnGoods(const Order& order, const ReturnRequest& request,
                                                  absl::Time now);

// Of a request's body: a repeated request id must come with the same.
std::string Fingerprint(const CancelRequest& request);
std::string Fingerprint(const ReturnRequest& request);

// INVALID_ARGUMENT (REQUEST_ID_REUSED).
absl::Status RequestIdReused(const Uuid& request_id);

// Whether the request took effect before.
bool TookEffect(const Order& order, const Uuid& request_id);

// The return that the request made; empty when it made none.
std::string ReturnMadeBy(const Order& order, const Uuid& request_id);

}  // namespace tallystick::shopping
