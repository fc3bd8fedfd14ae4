#include "services/delivery/workflow/carrier_rules.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "platform/lang/overloaded.h"

namespace tallystick::delivery {
namespace {

// Numbers in the queue: the booking's; shipments have their own; a return's is beyond this. They
// stand in tables: do not change them.
constexpr int64_t kBookingNumber = 0;
constexpr int64_t kReturnNumbers = 1'000'000;

bool IsReturn(const WorkItem& item) { return item.number > kReturnNumbers; }
std::string ShipmentIdOf(const WorkItem& item) { return absl::StrCat(item.number); }
std::string ReturnIdOf(const WorkItem& item) {
  return absl::StrCat("R", item.number - kReturnNumbers);
}

std::string GoodsWords(const std::vector<GoodsQuantity>& lines) {
  return absl::StrJoin(lines, ", ", [](std::string* out, const GoodsQuantity& goods) {
    absl::StrAppend(out, goods.quantity, " ", goods.sku);
  });
}

std::string Describe(const Delivery& delivery, const WorkItem& item) {
  if (item.queue != kCarrierQueue.number) return "";
  if (IsReturn(item)) {
    const Return* goods_return = FindReturn(delivery, ReturnIdOf(item));
    if (goods_return == nullptr) return "";
    return absl::StrCat("return ", goods_return->return_id, ", ", ToString(goods_return->state),
                        ": ", GoodsWords(goods_return->lines));
  }
  if (item.number == kBookingNumber) {
    return absl::StrCat("booking, ", ToString(delivery.status.booking));
  }
  const Shipment* shipment = FindShipment(delivery, ShipmentIdOf(item));
  if (shipment == nullptr) return "";
  return absl::StrCat("shipment ", shipment->shipment_id, ", ", ToString(shipment->state), ": ",
                      GoodsWords(shipment->lines));
}

WorkItem CarrierItem(const Uuid& trading_id, int64_t number, absl::Duration delay) {
  WorkItem item{trading_id, kCarrierQueue.number, number, delay};
  item.shares_row = true;
  return item;
}

}  // namespace

WorkItem StepItem(const Uuid& trading_id, absl::string_view id, absl::Duration delay) {
  const bool is_return = absl::ConsumePrefix(&id, "R");
  int64_t number = 0;
  (void)absl::SimpleAtoi(id, &number);
  if (is_return) number += kReturnNumbers;
  return CarrierItem(trading_id, number, delay);
}

WorkItem BookingItem(const Uuid& trading_id, absl::Duration delay) {
  return CarrierItem(trading_id, kBookingNumber, delay);
}

CarrierStep AskCarrier(Carrier& carrier, const Delivery* delivery, const WorkItem& item) {
  CarrierStep step{.reached = true};
  const auto take = [&step](auto answer) {
    step.by_hand = !answer.has_value();
    if (answer) step.answer = *std::move(answer);
  };
  if (delivery == nullptr) return step;
  if (IsReturn(item)) {
    const Return* goods_return = FindReturn(*delivery, ReturnIdOf(item));
    if (goods_return != nullptr && IsUnderWay(*goods_return)) {
      take(carrier.FollowReturn(*delivery, *goods_return));
    }
  } else if (item.number == kBookingNumber) {
    if (delivery->status.booking == BookingState::kPending &&
        delivery->status.state != DeliveryState::kCanceled) {
      take(carrier.Book(*delivery));
    }
  } else {
    const Shipment* shipment = FindShipment(*delivery, ShipmentIdOf(item));
    if (shipment != nullptr && !HasEnded(*shipment)) take(carrier.Follow(*delivery, *shipment));
  }
  return step;
}

std::optional<Change> ChangeBy(const CarrierStep& step, const Delivery& delivery,
                               const WorkItem& item, absl::Time now) {
  return std::visit(
      Overloaded{[](std::monostate) { return std::optional<Change>(); },
                 [&](const Booking& booking) { return RecordBooking(delivery, booking, now); },
                 [&](const Progress& progress) {
                   return RecordProgress(delivery, ShipmentIdOf(item), progress, now);
                 },
                 [&](const ReturnProgress& progress) {
                   return RecordReturn(delivery, ReturnIdOf(item), progress, now);
                 }},
      step.answer);
}

bool GoesOn(const CarrierStep& step, const Delivery& delivery, const WorkItem& item) {
  if (std::holds_alternative<Progress>(step.answer)) {
    return !HasEnded(*FindShipment(delivery, ShipmentIdOf(item)));
  }
  return std::holds_alternative<ReturnProgress>(step.answer) &&
         IsUnderWay(*FindReturn(delivery, ReturnIdOf(item)));
}

std::vector<WorkItem> EndedSteps(const Delivery& delivery) {
  const DeliveryStatus& status = delivery.status;
  std::vector<WorkItem> ended;
  if (status.booking != BookingState::kPending || status.state == DeliveryState::kCanceled) {
    ended.push_back(BookingItem(status.trading_id, {}));
  }
  for (const Shipment& shipment : status.shipments) {
    if (!HasEnded(shipment)) continue;
    ended.push_back(StepItem(status.trading_id, shipment.shipment_id, {}));
  }
  for (const Return& goods_return : status.returns) {
    if (IsUnderWay(goods_return)) continue;
    ended.push_back(StepItem(status.trading_id, goods_return.return_id, {}));
  }
  return ended;
}

std::optional<std::string> DescribeWaiting(const Delivery* delivery, const WorkItem& item) {
  if (delivery == nullptr) return "";
  const bool ended = std::ranges::any_of(EndedSteps(*delivery), [&](const WorkItem& step) {
    return step.queue == item.queue && step.number == item.number;
  });
  if (ended) return std::nullopt;
  return Describe(*delivery, item);
}

}  // namespace tallystick::delivery
