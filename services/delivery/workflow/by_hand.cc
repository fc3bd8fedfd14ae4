#include "services/delivery/workflow/by_hand.h"

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/lang/overloaded.h"

namespace tallystick::delivery {

absl::StatusOr<std::optional<Change>> ApplyByHand(const Delivery& delivery, const ByHand& by_hand,
                                                  absl::Time now) {
  using Result = absl::StatusOr<std::optional<Change>>;
  return std::visit(
      Overloaded{
          [&](const BookingByHand& record) -> Result {
            const BookingState wanted =
                record.booking.accepted ? BookingState::kAccepted : BookingState::kRefused;
            if (delivery.status.booking == wanted) return std::nullopt;
            auto change = RecordBooking(delivery, record.booking, now);
            if (change) return change;
            const std::string state = ToString(delivery.status.booking);
            return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_POSSIBLE",
                             "the booking is decided already, or was canceled", {{"state", state}});
          },
          [&](const Dispatch& record) -> Result { return RecordDispatch(delivery, record, now); },
          [&](const ShipmentByHand& record) -> Result {
            return RecordByHand(delivery, record.shipment_id, record.progress, now);
          },
          [&](const ReturnByHand& record) -> Result {
            return RecordReturnByHand(delivery, record.return_id, record.progress, now);
          }},
      by_hand.what);
}

Recorded RecordedOf(const Delivery& delivery, const ByHand& by_hand) {
  Recorded recorded{delivery.status, ""};
  if (const auto* dispatch = std::get_if<Dispatch>(&by_hand.what)) {
    recorded.shipment_id = DispatchedBy(delivery, dispatch->request_id);
  }
  return recorded;
}

std::string RpcOf(const ByHand& by_hand) {
  const char* method = std::visit(Overloaded{[](const BookingByHand&) { return "RecordBooking"; },
                                             [](const Dispatch&) { return "RecordDispatch"; },
                                             [](const ShipmentByHand&) { return "RecordShipment"; },
                                             [](const ReturnByHand&) { return "RecordReturn"; }},
                                  by_hand.what);
  return absl::StrCat("DeliveryOperations/", method);
}

}  // namespace tallystick::delivery
