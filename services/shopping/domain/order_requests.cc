#include "services/shopping/domain/order_requests.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
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

// Of one product, what may be given back at a time.
struct Returnable {
  int64_t with_buyer = 0;  // delivered, and neither back nor on the way
  int64_t in_time = 0;     // of those, delivered within the return period
  std::optional<absl::Time> deadline;
};

// The pieces of one product that arrived, by the time until when they may be returned.
std::multimap<absl::Time, int64_t> ArrivedPieces(const Order& order, const std::string& sku) {
  std::multimap<absl::Time, int64_t> arrived;
  for (const Shipment& shipment : order.status.delivery->shipments) {
    if (shipment.state != ShipmentState::kDelivered || !shipment.schedule.completed) continue;
    for (const GoodsQuantity& goods : shipment.lines) {
      if (goods.sku != sku) continue;
      arrived.emplace(*shipment.schedule.completed + order.policy.return_period, goods.quantity);
    }
  }
  return arrived;
}

Returnable ReturnableOf(const Order& order, const OrderLineStatus& line, absl::Time now) {
  Returnable returnable;
  returnable.with_buyer = line.delivered - line.return_requested - line.returned;
  std::multimap<absl::Time, int64_t> left = ArrivedPieces(order, line.sku);
  if (!left.empty()) returnable.deadline = left.rbegin()->first;
  // Each return took pieces that could be returned when it was asked for, those first whose time
  // was nearest.
  for (const Return& earlier : order.status.order.returns) {
    if (earlier.state == ReturnState::kRejected) continue;
    for (const GoodsQuantity& goods : earlier.lines) {
      if (goods.sku != line.sku) continue;
      int64_t taken = goods.quantity;
      for (auto at = left.lower_bound(earlier.request_time); at != left.end(); ++at) {
        const int64_t some = std::min(taken, at->second);
        at->second -= some;
        taken -= some;
      }
    }
  }
  for (auto at = left.lower_bound(now); at != left.end(); ++at) returnable.in_time += at->second;
  returnable.in_time = std::min(returnable.in_time, returnable.with_buyer);
  return returnable;
}

absl::Status CheckReturnable(const Order& order, const GoodsQuantity& goods, absl::Time now) {
  const auto& lines = order.status.order.lines;
  const auto line = std::find_if(lines.begin(), lines.end(), [&](const OrderLineStatus& line) {
    return line.sku == goods.sku;
  });
  if (line == lines.end()) {
    return MakeError(absl::StatusCode::kInvalidArgument, "UNKNOWN_SKU",
                     absl::StrCat("the order has no ", goods.sku), {{"sku", goods.sku}});
  }
  const Returnable returnable =
      order.status.delivery ? ReturnableOf(order, *line, now) : Returnable{};
  if (goods.quantity <= returnable.in_time) return absl::OkStatus();
  if (goods.quantity <= returnable.with_buyer) {
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
  if (request.lines.empty() || request.lines.size() > kMaxOrderLines) {
    return InvalidField("lines", absl::StrCat("give 1 to ", kMaxOrderLines, " products"));
  }
  std::set<absl::string_view> seen;
  for (size_t i = 0; i < request.lines.size(); ++i) {
    const std::string at = absl::StrCat("lines[", i, "]");
    if (!IsSku(request.lines[i].sku)) return InvalidField(at + ".sku", "is not a SKU");
    if (request.lines[i].quantity < 1) return InvalidField(at + ".quantity", "give at least 1");
    if (!seen.insert(request.lines[i].sku).second) {
      return InvalidField(at + ".sku", "stands there twice; give it once with the sum");
    }
  }
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
    default: {
      const std::string state = ToString(order.status.order.state);
      return MakeError(
          absl::StatusCode::kFailedPrecondition, "NOT_CANCELABLE",
          absl::StrCat("the order is ", state, "; what was delivered can be returned instead"),
          {{"state", state}});
    }
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
  const OrderState state = order.status.order.state;
  if (state != OrderState::kConfirmed && state != OrderState::kCompleted) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "ORDER_STATE",
                     absl::StrCat("nothing can be returned while the order is ", ToString(state)),
                     {{"state", ToString(state)}});
  }
  if (order.status.order.returns.size() >= kMaxReturns) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_REQUESTS",
                     absl::StrCat("an order takes at most ", kMaxReturns, " returns"));
  }
  size_t lines = request.lines.size();
  for (const Return& earlier : order.status.order.returns) lines += earlier.lines.size();
  if (lines > kMaxReturnLines) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "TOO_MANY_REQUESTS",
                     absl::StrCat("an order takes returns of at most ", kMaxReturnLines,
                                  " lines altogether; ask the shop"));
  }
  for (const GoodsQuantity& goods : request.lines) {
    const absl::Status status = CheckReturnable(order, goods, now);
    if (!status.ok()) return status;
  }
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
