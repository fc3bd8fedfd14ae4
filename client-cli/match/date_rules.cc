// DATE-1 to DATE-5: are the dates possible, kept, and the same everywhere?
#include "absl/strings/str_cat.h"
#include "client-cli/match/match.h"

namespace tallystick {
namespace {

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", time, absl::UTCTimeZone());
}

std::string ScheduleText(const Schedule& schedule) {
  if (schedule.completed) return absl::StrCat("completed ", TimeText(*schedule.completed));
  if (schedule.scheduled) return absl::StrCat("scheduled ", TimeText(*schedule.scheduled));
  return "no date";
}

}  // namespace

std::vector<Warning> CheckCompletedDates(const TradeView& view, const MatchSettings& settings,
                                         absl::Time now) {
  std::vector<Warning> warnings;
  const auto check = [&](const std::string& what, const std::optional<absl::Time>& completed) {
    if (!completed || *completed <= now + settings.clock_skew) return;
    warnings.push_back({"DATE-1",
                        Severity::kWarning,
                        absl::StrCat(what, " is said to have happened in the future"),
                        {{"what", what}, {"when", TimeText(*completed)}}});
  };
  if (const OrderStatus* order = view.order.get()) {
    check("delivery (shopping's word)", order->delivery_schedule.completed);
    check("payment (shopping's word)", order->payment_schedule.completed);
  }
  if (const PaymentStatus* payment = view.payment.get()) {
    check("payment", payment->schedule.completed);
  }
  if (const DeliveryStatus* delivery = view.delivery.get()) {
    check("delivery", delivery->schedule.completed);
    for (const Shipment& shipment : delivery->shipments) {
      check(absl::StrCat("dispatch of shipment ", shipment.shipment_id), shipment.dispatch_time);
      check(absl::StrCat("arrival of shipment ", shipment.shipment_id),
            shipment.schedule.completed);
    }
    for (const Return& goods_return : delivery->returns) {
      check(absl::StrCat("arrival of return ", goods_return.return_id), goods_return.receive_time);
    }
  }
  return warnings;
}

std::vector<Warning> CheckOrderOfDates(const TradeView& view, const MatchSettings& settings,
                                       absl::Time) {
  std::vector<Warning> warnings;
  const auto warn = [&](const std::string& sentence, const std::string& what, absl::Time when,
                        absl::Time earliest) {
    warnings.push_back({"DATE-2",
                        Severity::kWarning,
                        sentence,
                        {{"what", what}, {"when", TimeText(when)}, {"after", TimeText(earliest)}}});
  };
  const absl::Time ordered = view.contents.order_time - settings.clock_skew;
  const auto check = [&](const std::string& what, const std::optional<absl::Time>& when) {
    if (when && *when < ordered) {
      warn("something happened before it was ordered", what, *when, view.contents.order_time);
    }
  };
  if (const PaymentStatus* payment = view.payment.get()) {
    check("payment", payment->schedule.completed);
    for (const PaymentTransaction& transaction : payment->transactions) {
      check(absl::StrCat("transaction ", transaction.number), transaction.create_time);
    }
  }
  if (const DeliveryStatus* delivery = view.delivery.get()) {
    for (const Shipment& shipment : delivery->shipments) {
      const std::string what = absl::StrCat("shipment ", shipment.shipment_id);
      const auto& arrived = shipment.schedule.completed;
      check(absl::StrCat("dispatch of ", what), shipment.dispatch_time);
      check(absl::StrCat("arrival of ", what), arrived);
      if (arrived && shipment.dispatch_time && *arrived < *shipment.dispatch_time) {
        warn("it arrived before it was dispatched", what, *arrived, *shipment.dispatch_time);
      }
    }
  }
  return warnings;
}

std::vector<Warning> CheckOverdue(const TradeView& view, const MatchSettings& settings,
                                  absl::Time now) {
  std::vector<Warning> warnings;
  const auto check = [&](const std::string& what, const std::optional<absl::Time>& planned) {
    if (!planned || now <= *planned + settings.overdue_grace) return;
    warnings.push_back({"DATE-4",
                        Severity::kWarning,
                        absl::StrCat(what, " was planned for a date that has passed"),
                        {{"what", what}, {"planned", TimeText(*planned)}}});
  };
  if (const PaymentStatus* payment = view.payment.get()) {
    check("payment", payment->schedule.scheduled);
    for (const PlannedCapture& planned : payment->planned_captures) {
      check(absl::StrCat("capture for shipment ", planned.shipment_id), planned.scheduled_time);
    }
  }
  if (const DeliveryStatus* delivery = view.delivery.get()) {
    for (const Shipment& shipment : delivery->shipments) {
      check(absl::StrCat("arrival of shipment ", shipment.shipment_id),
            shipment.schedule.scheduled);
    }
  }
  return warnings;
}

std::vector<Warning> CheckStalled(const TradeView& view, const MatchSettings& settings,
                                  absl::Time now) {
  std::vector<Warning> warnings;
  const auto check = [&](const std::string& what, absl::Time since, absl::Duration limit) {
    if (now - since <= limit) return;
    warnings.push_back({"DATE-5",
                        Severity::kWarning,
                        absl::StrCat(what, " for longer than that should take"),
                        {{"since", TimeText(since)}}});
  };
  if (const OrderStatus* order = view.order.get()) {
    if (order->state == OrderState::kAccepted || order->state == OrderState::kCancelPending) {
      check(absl::StrCat("the order is ", ToString(order->state)), order->update_time,
            settings.stall_limit);
    }
    for (const Return& goods_return : order->returns) {
      if (!IsUnderWay(goods_return)) continue;
      check(absl::StrCat("return ", goods_return.return_id, " is under way"),
            goods_return.request_time, settings.return_limit);
    }
  }
  if (const PaymentStatus* payment = view.payment.get()) {
    for (const PaymentTransaction& transaction : payment->transactions) {
      if (transaction.state != TransactionState::kPending &&
          transaction.state != TransactionState::kUnknown) {
        continue;
      }
      check(absl::StrCat("transaction ", transaction.number, " is ", ToString(transaction.state)),
            transaction.create_time, settings.stall_limit);
    }
  }
  return warnings;
}

std::vector<Warning> CheckShopsDates(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  const OrderStatus* order = view.order.get();
  if (order == nullptr) return warnings;
  const auto check = [&](const std::string& what, const Schedule& shops, const Schedule& theirs) {
    if (shops == theirs) return;
    warnings.push_back(
        {"DATE-3",
         Severity::kWarning,
         absl::StrCat("the shop gives another date of ", what, " than ", what, " itself"),
         {{"shopping", ScheduleText(shops)}, {what, ScheduleText(theirs)}}});
  };
  // Only when the shop has heard of just the state that the other service answers with.
  const PaymentStatus* payment = view.payment.get();
  if (payment != nullptr && payment->revision == order->payment_revision) {
    check("payment", order->payment_schedule, payment->schedule);
  }
  const DeliveryStatus* delivery = view.delivery.get();
  if (delivery != nullptr && delivery->revision == order->delivery_revision) {
    check("delivery", order->delivery_schedule, delivery->schedule);
  }
  return warnings;
}

}  // namespace tallystick
