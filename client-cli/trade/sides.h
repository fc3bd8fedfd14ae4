// The three sides of a trade, and the one table of what they are called. What
// holds for each of them is said once, for all three.
#pragma once

#include <optional>
#include <utility>

#include "absl/strings/string_view.h"
#include "platform/trade/status.h"

namespace tallystick {

enum class Side { kShopping, kPayment, kDelivery };
inline constexpr Side kSides[] = {Side::kShopping, Side::kPayment, Side::kDelivery};

struct SideNames {
  const char* service;  // who answers for the side; so do the ledger's rows call it
  const char* status;   // what it tells of, as JSON calls it
};
constexpr SideNames NamesOf(Side side) {
  constexpr SideNames kNames[] = {
      {"shopping", "order"}, {"payment", "payment"}, {"delivery", "delivery"}};
  return kNames[static_cast<int>(side)];
}
constexpr const char* ServiceOf(Side side) { return NamesOf(side).service; }

// The side whose service is called so; nullopt for other words.
inline std::optional<Side> SideOfService(absl::string_view service) {
  for (const Side side : kSides) {
    if (service == ServiceOf(side)) return side;
  }
  return std::nullopt;
}

// Whose status it is.
constexpr Side SideOf(const OrderStatus&) { return Side::kShopping; }
constexpr Side SideOf(const PaymentStatus&) { return Side::kPayment; }
constexpr Side SideOf(const DeliveryStatus&) { return Side::kDelivery; }

// One value for each side.
template <typename T>
struct PerSide {
  T shopping{};
  T payment{};
  T delivery{};

  const T& operator[](Side side) const {
    return side == Side::kShopping ? shopping : side == Side::kPayment ? payment : delivery;
  }
  T& operator[](Side side) { return const_cast<T&>(std::as_const(*this)[side]); }
  friend bool operator==(const PerSide&, const PerSide&) = default;
};

// What there is of each side's own kind of status, e.g. an Answer.
template <template <typename> class Of>
struct ThreeOf {
  Of<OrderStatus> order{};
  Of<PaymentStatus> payment{};
  Of<DeliveryStatus> delivery{};
};

// visit(side, …) for each side, with what each of `threes` has of it.
template <typename Visit, typename... Threes>
void ForEachSide(Visit visit, Threes&&... threes) {
  visit(Side::kShopping, threes.order...);
  visit(Side::kPayment, threes.payment...);
  visit(Side::kDelivery, threes.delivery...);
}

}  // namespace tallystick
