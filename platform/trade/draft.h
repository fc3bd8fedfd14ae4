// What a buyer asks a shop for, and what can be said of it before it is ordered: the shop's domain
// decides by this, and the client foresees by it. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "platform/trade/contents.h"
#include "platform/trade/limits.h"
#include "platform/trade/status.h"

namespace tallystick {

inline constexpr size_t kMaxAddressLines = 6;
inline constexpr size_t kMaxAddressLineBytes = 200;
inline constexpr size_t kMaxReferenceBytes = 64;
inline constexpr size_t kMaxPaymentMethodBytes = 128;

struct Draft {
  std::vector<GoodsQuantity> items;
  Address ship_to;
  std::string delivery_option;
  Terms terms = Terms::kPrepaid;
  std::string payment_method;
  std::optional<Money> expected_total;
  std::string buyer_reference;
};

// Everything that can be said without the catalogue. INVALID_FIELD naming the field.
absl::Status CheckDraft(const Draft& draft);

// TOTAL_CHANGED {expected, actual} when another total was expected.
absl::Status CheckTotal(const std::optional<Money>& expected, const Money& actual);

// OUT_OF_STOCK {sku, requested, available} when `available` do not do for the item at `index`.
absl::Status CheckStock(const GoodsQuantity& item, size_t index, int64_t available);

}  // namespace tallystick
