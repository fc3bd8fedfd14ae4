// HISTORY-1, HISTORY-2: does a service stand by what it said before?

#include "absl/strings/str_cat.h"
#include "client-cli/match/match.h"

namespace tallystick {
namespace {

// What went backwards; empty when nothing did.
using Steps = std::vector<std::string>;

bool MayFollow(OrderState before, OrderState after) {
  if (before == after) return true;
  switch (before) {
    case OrderState::kAccepted: return after != OrderState::kUnspecified;
    case OrderState::kConfirmed:
      return after == OrderState::kCompleted || after == OrderState::kCancelPending ||
             after == OrderState::kCanceled;
    case OrderState::kCancelPending:
      return after == OrderState::kCanceled || after == OrderState::kConfirmed ||
             after == OrderState::kCompleted;
    case OrderState::kCompleted:
    case OrderState::kRejected:
    case OrderState::kCanceled: return false;
    default: return true;  // a state that this client does not know
  }
}

bool HasEnded(TransactionState state) {
  return state == TransactionState::kSucceeded || state == TransactionState::kFailed;
}

bool HasEnded(ShipmentState state) {
  return state == ShipmentState::kDelivered || state == ShipmentState::kFailed ||
         state == ShipmentState::kCanceled;
}

void NotLess(const std::string& what, int64_t before, int64_t after, Steps& back) {
  if (after < before) back.push_back(absl::StrCat(what, ": ", before, " became ", after));
}

template <typename State>
void NotAfter(const std::string& what, State before, State after, bool allowed, Steps& back) {
  if (!allowed) {
    back.push_back(absl::StrCat(what, ": ", ToString(before), " became ", ToString(after)));
  }
}

Steps Backwards(const OrderStatus& before, const OrderStatus& after) {
  Steps back;
  NotAfter("the order", before.state, after.state, MayFollow(before.state, after.state), back);
  for (const OrderLineStatus& line : before.lines) {
    for (const OrderLineStatus& now : after.lines) {
      if (now.sku != line.sku) continue;
      NotLess(absl::StrCat("dispatched ", line.sku), line.dispatched, now.dispatched, back);
      NotLess(absl::StrCat("delivered ", line.sku), line.delivered, now.delivered, back);
      NotLess(absl::StrCat("written off ", line.sku), line.written_off, now.written_off, back);
      NotLess(absl::StrCat("returned ", line.sku), line.returned, now.returned, back);
    }
  }
  return back;
}

Steps Backwards(const PaymentStatus& before, const PaymentStatus& after) {
  Steps back;
  NotLess("authorized", before.authorized, after.authorized, back);
  NotLess("captured", before.captured, after.captured, back);
  NotLess("refunded", before.refunded, after.refunded, back);
  NotLess("voided", before.voided, after.voided, back);
  NotLess("transactions", static_cast<int64_t>(before.transactions.size()),
          static_cast<int64_t>(after.transactions.size()), back);
  for (const PaymentTransaction& transaction : before.transactions) {
    for (const PaymentTransaction& now : after.transactions) {
      if (now.number != transaction.number) continue;
      const bool allowed = now.state == transaction.state || !HasEnded(transaction.state);
      NotAfter(absl::StrCat("transaction ", now.number), transaction.state, now.state, allowed,
               back);
    }
  }
  return back;
}

Steps Backwards(const DeliveryStatus& before, const DeliveryStatus& after) {
  Steps back;
  NotLess("shipments", static_cast<int64_t>(before.shipments.size()),
          static_cast<int64_t>(after.shipments.size()), back);
  for (const Shipment& shipment : before.shipments) {
    for (const Shipment& now : after.shipments) {
      if (now.shipment_id != shipment.shipment_id) continue;
      const bool allowed =
          HasEnded(shipment.state) ? now.state == shipment.state : now.state >= shipment.state;
      NotAfter(absl::StrCat("shipment ", now.shipment_id), shipment.state, now.state, allowed,
               back);
    }
  }
  for (const DeliveryLine& line : before.lines) {
    for (const DeliveryLine& now : after.lines) {
      if (now.sku != line.sku) continue;
      NotLess(absl::StrCat("delivered ", line.sku), line.delivered, now.delivered, back);
      NotLess(absl::StrCat("returned ", line.sku), line.returned, now.returned, back);
    }
  }
  return back;
}

template <typename Status>
void CheckOne(const std::string& service, const std::optional<Seen<Status>>& seen,
              const Answer<Status>& answer, std::vector<Warning>& warnings) {
  const Status* now = answer.get();
  // Two questions that overlapped may be written down in either order.
  if (!seen || now == nullptr || answer.ask_time < seen->observe_time) return;
  const Status& before = seen->status;
  Steps back;
  if (now->revision < before.revision) {
    back.push_back(absl::StrCat("revision: ", before.revision, " became ", now->revision));
  } else {
    back = Backwards(before, *now);
  }
  if (back.empty()) return;
  std::map<std::string, std::string> evidence = {{"service", service}};
  for (size_t i = 0; i < back.size(); ++i) evidence[absl::StrCat("change ", i + 1)] = back[i];
  warnings.push_back(
      {"HISTORY-1", Severity::kAlarm, absl::StrCat(service, " went backwards"), evidence});
}

template <typename Status>
void CompareOne(const std::string& service, const std::optional<Seen<Status>>& seen,
                const Answer<Status>& answer, std::vector<Warning>& warnings) {
  const Status* now = answer.get();
  if (!seen || now == nullptr || now->revision != seen->status.revision || *now == seen->status) {
    return;
  }
  warnings.push_back({"HISTORY-2",
                      Severity::kAlarm,
                      absl::StrCat(service, " gave two different answers under one revision"),
                      {{"service", service},
                       {"revision", absl::StrCat(now->revision)},
                       {"state before", ToString(seen->status.state)},
                       {"state now", ToString(now->state)}}});
}

}  // namespace

std::vector<Warning> CheckBackwards(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  CheckOne("shopping", view.seen_order, view.order, warnings);
  CheckOne("payment", view.seen_payment, view.payment, warnings);
  CheckOne("delivery", view.seen_delivery, view.delivery, warnings);
  return warnings;
}

std::vector<Warning> CheckTwoAnswers(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  CompareOne("shopping", view.seen_order, view.order, warnings);
  CompareOne("payment", view.seen_payment, view.payment, warnings);
  CompareOne("delivery", view.seen_delivery, view.delivery, warnings);
  return warnings;
}

}  // namespace tallystick
