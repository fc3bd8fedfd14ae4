#include "platform/trade/requests.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/limits.h"
#include "platform/trade/rollup.h"
#include "platform/trade/text.h"

namespace tallystick {
namespace {

// Of one product, what may be given back at a time.
struct Returnable {
  int64_t with_buyer = 0;  // delivered, and neither back nor on the way
  int64_t in_time = 0;     // of those, delivered within the return period
  std::optional<absl::Time> deadline;
};

// The pieces of one product that arrived, by the time until when they may be returned.
std::multimap<absl::Time, int64_t> ArrivedPieces(const DeliveryStatus& delivery,
                                                 absl::Duration period, const std::string& sku) {
  std::multimap<absl::Time, int64_t> arrived;
  for (const Shipment& shipment : delivery.shipments) {
    if (shipment.state != ShipmentState::kDelivered || !shipment.schedule.completed) continue;
    for (const GoodsQuantity& goods : shipment.lines) {
      if (goods.sku != sku) continue;
      arrived.emplace(*shipment.schedule.completed + period, goods.quantity);
    }
  }
  return arrived;
}

Returnable ReturnableOf(const OrderStatus& order, const DeliveryStatus& delivery,
                        absl::Duration period, const OrderLineStatus& line, absl::Time now) {
  Returnable returnable;
  returnable.with_buyer =
      SaturatedSubtract(SaturatedSubtract(line.delivered, line.return_requested), line.returned);
  std::multimap<absl::Time, int64_t> left = ArrivedPieces(delivery, period, line.sku);
  if (!left.empty()) returnable.deadline = left.rbegin()->first;
  // Each return took pieces that could be returned when it was asked for, those first whose time
  // was nearest.
  for (const Return& earlier : order.returns) {
    if (earlier.state == ReturnState::kRejected) continue;
    for (const GoodsQuantity& goods : earlier.lines) {
      if (goods.sku != line.sku) continue;
      int64_t taken = goods.quantity;
      for (auto at = left.lower_bound(earlier.request_time); at != left.end(); ++at) {
        const int64_t some = std::min(taken, at->second);
        at->second = SaturatedSubtract(at->second, some);
        taken = SaturatedSubtract(taken, some);
      }
    }
  }
  for (auto at = left.lower_bound(now); at != left.end(); ++at) {
    returnable.in_time = SaturatedAdd(returnable.in_time, at->second);
  }
  returnable.in_time = std::min(returnable.in_time, returnable.with_buyer);
  return returnable;
}

absl::Status CheckGoods(const OrderStatus& order, const DeliveryStatus* delivery,
                        absl::Duration period, const GoodsQuantity& goods, absl::Time now) {
  const auto& lines = order.lines;
  const auto line = std::find_if(lines.begin(), lines.end(), [&](const OrderLineStatus& line) {
    return line.sku == goods.sku;
  });
  if (line == lines.end()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "UNKNOWN_SKU",
                     absl::StrCat("the order has no ", goods.sku), {{"sku", goods.sku}});
  }
  const Returnable returnable =
      delivery != nullptr ? ReturnableOf(order, *delivery, period, *line, now) : Returnable{};
  if (goods.quantity <= returnable.in_time) return absl::OkStatus();
  if (goods.quantity <= returnable.with_buyer && returnable.deadline) {
    const std::string deadline =
        absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", *returnable.deadline, absl::UTCTimeZone());
    return MakeError(absl::StatusCode::kFailedPrecondition, "RETURN_PERIOD_OVER",
                     absl::StrCat("of ", goods.sku, " ", returnable.in_time,
                                  " can still be returned; the period of the others is over, the "
                                  "last one's at ",
                                  deadline),
                     {{"sku", goods.sku}, {"deadline", deadline}});
  }
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "NOT_RETURNABLE",
      absl::StrCat("of ", goods.sku, " ", returnable.in_time, " can be returned, not ",
                   goods.quantity, ": only what was delivered and is not on its way back already"),
      {{"sku", goods.sku},
       {"requested", absl::StrCat(goods.quantity)},
       {"returnable", absl::StrCat(returnable.in_time)}});
}

}  // namespace

absl::Status CheckCancelable(const OrderStatus& order) {
  switch (order.state) {
    case OrderState::kAccepted:
    case OrderState::kConfirmed:
    case OrderState::kCancelPending:
    case OrderState::kCanceled: return absl::OkStatus();
    default: break;
  }
  const std::string state = ToString(order.state);
  return MakeError(
      absl::StatusCode::kFailedPrecondition, "NOT_CANCELABLE",
      absl::StrCat("the order is ", state, "; what was delivered can be returned instead"),
      {{"state", state}});
}

absl::Status CheckReturnLines(const std::vector<GoodsQuantity>& lines) {
  if (lines.empty() || lines.size() > kMaxOrderLines) {
    return InvalidField("lines", absl::StrCat("give 1 to ", kMaxOrderLines, " products"));
  }
  std::set<absl::string_view> seen;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string at = absl::StrCat("lines[", i, "]");
    if (!IsSku(lines[i].sku)) return InvalidField(at + ".sku", "is not a SKU");
    if (lines[i].quantity < 1) return InvalidField(at + ".quantity", "give at least 1");
    if (!seen.insert(lines[i].sku).second) {
      return InvalidField(at + ".sku", "stands there twice; give it once with the sum");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckReturnable(const OrderStatus& order, const DeliveryStatus* delivery,
                             std::optional<absl::Duration> period,
                             const std::vector<GoodsQuantity>& lines, absl::Time now) {
  const OrderState state = order.state;
  if (state != OrderState::kConfirmed && state != OrderState::kCompleted) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_STATE",
                     absl::StrCat("nothing can be returned while the order is ", ToString(state)),
                     {{"state", ToString(state)}});
  }
  if (order.returns.size() >= kMaxReturns) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_REQUESTS",
                     absl::StrCat("an order takes at most ", kMaxReturns, " returns"));
  }
  size_t count = lines.size();
  for (const Return& earlier : order.returns) count += earlier.lines.size();
  if (count > kMaxReturnLines) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_REQUESTS",
                     absl::StrCat("an order takes returns of at most ", kMaxReturnLines,
                                  " lines altogether; ask the shop"));
  }
  for (const GoodsQuantity& goods : lines) {
    const absl::Status status =
        CheckGoods(order, delivery, period.value_or(absl::InfiniteDuration()), goods, now);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace tallystick
