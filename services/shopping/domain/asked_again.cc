#include "services/shopping/domain/asked_again.h"

#include <utility>

#include "platform/lang/overloaded.h"
#include "services/shopping/domain/order_change.h"

namespace tallystick::shopping {
namespace {

// Of the returns the last one.
std::optional<BuyersRequest> TakeReturn(Order& order, const CollectReturn& collect) {
  OrderStatus& status = order.status.order;
  if (status.returns.empty() || status.returns.back().return_id != collect.return_id ||
      order.applied_requests.back().return_id != collect.return_id ||
      status.returns.back().state != ReturnState::kRequested) {
    return std::nullopt;
  }
  ReturnRequest request{order.applied_requests.back().request_id, collect.lines, collect.reason};
  for (const GoodsQuantity& goods : collect.lines) {
    for (OrderLineStatus& line : status.lines) {
      if (line.sku == goods.sku) line.return_requested -= goods.quantity;
    }
  }
  status.returns.pop_back();
  order.return_reductions.pop_back();
  return request;
}

std::optional<BuyersRequest> TakeCancellation(Order& order) {
  OrderStatus& status = order.status.order;
  // (After one that came too late, its reason is not known any more.)
  const bool first =
      status.delivery_instructions <= 3 + static_cast<int64_t>(status.returns.size());
  if (status.state != OrderState::kCancelPending || order.cancellation_undone || !first) {
    return std::nullopt;
  }
  CancelRequest request{order.applied_requests.back().request_id, status.reason};
  const bool released = status.delivery_instructions > 2;
  status.state = released ? OrderState::kConfirmed : OrderState::kAccepted;
  status.reason.clear();
  return request;
}

}  // namespace

std::optional<Withdrawn> WithdrawLast(const Order& order, absl::Time now) {
  if (order.unheard_delivery.empty() || order.applied_requests.empty()) return std::nullopt;
  const DeliveryInstruction& told = order.unheard_delivery.back();
  Change change{order};
  const std::optional<BuyersRequest> request = std::visit(
      Overloaded{[&](const CollectReturn& collect) { return TakeReturn(change.order, collect); },
                 [&](const CancelDelivery&) { return TakeCancellation(change.order); },
                 [](const auto&) { return std::optional<BuyersRequest>(); }},
      told.what);
  if (!request) return std::nullopt;
  change.order.applied_requests.pop_back();
  change.order.unheard_delivery.pop_back();
  OrderStatus& status = StatusOf(change);
  --status.delivery_instructions;
  --status.revision;
  Conclude(change, now);
  return Withdrawn{std::move(change), *request};
}

absl::StatusOr<std::optional<Change>> AskAgain(const Order& order, const BuyersRequest& request,
                                               absl::Time now) {
  return std::visit(
      Overloaded{[&](const CancelRequest& cancel) { return Cancel(order, cancel, now); },
                 [&](const ReturnRequest& goods) { return ReturnGoods(order, goods, now); }},
      request);
}

}  // namespace tallystick::shopping
