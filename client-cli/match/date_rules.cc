// DATE-1, DATE-3: are the dates possible, and does the shop give the others' dates?
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
                        {{"what", what}, {"when", TimeText(*completed)}, {"now", TimeText(now)}}});
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
