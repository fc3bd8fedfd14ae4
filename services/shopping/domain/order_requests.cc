#include "services/shopping/domain/order_requests.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/requests.h"
#include "platform/trade/text.h"
#include "services/shopping/domain/order_change.h"
#include "services/shopping/domain/order_draft.h"

namespace tallystick::shopping {
namespace {

// True when the request took effect before; an error when its id was used for another one.
absl::StatusOr<bool> WasApplied(const Order& order, const Uuid& request_id,
                                const std::string& fingerprint) {
  for (const AppliedRequest& applied : order.applied_requests) {
    if (applied.request_id != request_id) continue;
    if (applied.fingerprint == fingerprint) return true;
    return RequestIdReused(request_id);
  }
  if (order.applied_requests.size() < kMaxRequests) return false;
  return MakeError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_REQUESTS",
                   absl::StrCat("an order takes at most ", kMaxRequests,
                                " requests to cancel or return; ask the shop"));
}

}  // namespace

std::string Fingerprint(const CancelRequest& request) {
  return Sha256(CanonicalWriter().Text("cancel").Text(request.reason).bytes());
}

std::string Fingerprint(const ReturnRequest& request) {
  CanonicalWriter writer;
  writer.Text("return").Text(request.reason);
  for (const GoodsQuantity& goods : request.lines) writer.Text(goods.sku).Number(goods.quantity);
  return Sha256(writer.bytes());
}

absl::Status RequestIdReused(const Uuid& request_id) {
  return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                   "request_id: this id was used for another request; make a new one for each",
                   {{"field", "request_id"}, {"request_id", request_id.ToString()}});
}

absl::Status CheckRequest(const CancelRequest& request) {
  return CheckText("reason", request.reason, kMaxReasonBytes, false);
}

absl::Status CheckRequest(const ReturnRequest& request) {
  const absl::Status lines = CheckReturnLines(request.lines);
  if (!lines.ok()) return lines;
  return CheckText("reason", request.reason, kMaxReasonBytes, false);
}

absl::StatusOr<std::optional<Change>> Cancel(const Order& order, const CancelRequest& request,
                                             absl::Time now) {
  const std::string fingerprint = Fingerprint(request);
  const absl::StatusOr<bool> applied = WasApplied(order, request.request_id, fingerprint);
  if (!applied.ok()) return applied.status();
  if (*applied) return std::nullopt;
  switch (order.status.order.state) {
    case OrderState::kCancelPending:
    case OrderState::kCanceled: return std::nullopt;
    case OrderState::kAccepted:
    case OrderState::kConfirmed: break;
    default: return CheckCancelable(order.status.order);
  }
  Change change{order};
  change.order.applied_requests.push_back({request.request_id, fingerprint});
  OrderStatus& status = StatusOf(change);
  status.state = OrderState::kCancelPending;
  status.reason = request.reason;
  InstructDelivery(change,
                   CancelDelivery{request.reason.empty() ? kCanceledByBuyer : request.reason});
  Stamp(change, now);
  return change;
}

absl::StatusOr<std::optional<Change>> ReturnGoods(const Order& order, const ReturnRequest& request,
                                                  absl::Time now) {
  const std::string fingerprint = Fingerprint(request);
  const absl::StatusOr<bool> applied = WasApplied(order, request.request_id, fingerprint);
  if (!applied.ok()) return applied.status();
  if (*applied) return std::nullopt;
  const absl::Status returnable =
      CheckReturnable(order.status.order, order.status.delivery ? &*order.status.delivery : nullptr,
                      order.policy.return_period, request.lines, now);
  if (!returnable.ok()) return returnable;
  Change change{order};
  OrderStatus& status = StatusOf(change);
  Return goods_return;
  goods_return.return_id = absl::StrCat("R", status.returns.size() + 1);
  goods_return.state = ReturnState::kRequested;
  goods_return.lines = request.lines;
  goods_return.reason = request.reason;
  goods_return.request_time = now;
  for (const GoodsQuantity& goods : request.lines) {
    for (OrderLineStatus& line : status.lines) {
      if (line.sku == goods.sku) line.return_requested += goods.quantity;
    }
  }
  change.order.applied_requests.push_back(
      {request.request_id, fingerprint, goods_return.return_id});
  change.order.return_reductions.push_back(0);
  InstructDelivery(change, CollectReturn{goods_return.return_id, request.lines, request.reason,
                                         request.request_id.ToString()});
  status.returns.push_back(std::move(goods_return));
  Stamp(change, now);
  return change;
}

bool TookEffect(const Order& order, const Uuid& request_id) {
  return std::any_of(
      order.applied_requests.begin(), order.applied_requests.end(),
      [&](const AppliedRequest& applied) { return applied.request_id == request_id; });
}

std::string ReturnMadeBy(const Order& order, const Uuid& request_id) {
  for (const AppliedRequest& applied : order.applied_requests) {
    if (applied.request_id == request_id) return applied.return_id;
  }
  return "";
}

}  // namespace tallystick::shopping
