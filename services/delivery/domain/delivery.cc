#include "services/delivery/domain/delivery.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "platform/lang/overloaded.h"
#include "platform/trade/rollup.h"
#include "services/delivery/domain/delivery_change.h"

namespace tallystick::delivery {
namespace {

absl::Status Refuse(absl::string_view why) { return absl::FailedPreconditionError(why); }

Shipment* MutableShipment(DeliveryStatus& status, const std::string& shipment_id) {
  for (Shipment& shipment : status.shipments) {
    if (shipment.shipment_id == shipment_id) return &shipment;
  }
  return nullptr;
}

void CancelShipment(Shipment& shipment, const std::string& reason) {
  shipment.state = ShipmentState::kCanceled;
  shipment.reason = reason;
  shipment.schedule = {};
}

absl::StatusOr<Change> Open(const DeliveryInstruction& instruction, const BookDelivery& book,
                            absl::Time now) {
  if (book.lines.empty()) return Refuse("there is nothing to deliver");
  Change change;
  change.delivery.buyer = book.buyer;
  change.delivery.delivery_option = book.delivery_option;
  DeliveryStatus& status = change.delivery.status;
  status.trading_id = instruction.trading_id;
  status.create_time = now;
  status.contents_digest = book.contents_digest;
  status.booking = BookingState::kPending;
  status.ship_to = book.ship_to;
  for (const GoodsQuantity& goods : book.lines) {
    if (goods.quantity <= 0) return Refuse("a quantity is not positive");
    status.lines.push_back({goods.sku, goods.quantity});
  }
  Shipment shipment;
  shipment.shipment_id = "1";
  shipment.state = ShipmentState::kScheduled;
  shipment.lines = book.lines;
  shipment.schedule.scheduled = book.scheduled_time;
  status.shipments.push_back(std::move(shipment));
  change.book = true;
  return change;
}

absl::Status Release(Change& change) {
  DeliveryStatus& status = change.delivery.status;
  if (status.booking != BookingState::kAccepted) return Refuse("the carrier has not accepted");
  for (Shipment& shipment : status.shipments) {
    if (shipment.state != ShipmentState::kScheduled) continue;
    shipment.state = ShipmentState::kPreparing;
    change.to_follow.push_back(shipment.shipment_id);
  }
  return absl::OkStatus();
}

// Whatever has left goes on: goods on the road cannot be called back.
void Cancel(Change& change, const CancelDelivery& cancel) {
  DeliveryStatus& status = change.delivery.status;
  status.reason = cancel.reason;
  for (Shipment& shipment : status.shipments) {
    if (HasEnded(shipment) || IsDispatched(shipment)) continue;
    CancelShipment(shipment, cancel.reason);
  }
}

// The pieces of `sku` that were delivered and are not on their way back or back already.
int64_t PiecesWithBuyer(const DeliveryStatus& status, const std::string& sku) {
  int64_t pieces = 0;
  for (const DeliveryLine& line : status.lines) {
    if (line.sku == sku) pieces += line.delivered - line.returned;
  }
  for (const Return& goods_return : status.returns) {
    if (!IsUnderWay(goods_return)) continue;
    for (const GoodsQuantity& goods : goods_return.lines) {
      if (goods.sku == sku) pieces -= goods.quantity;
    }
  }
  return pieces;
}

absl::Status Collect(Change& change, const CollectReturn& collect, absl::Time now) {
  DeliveryStatus& status = change.delivery.status;
  if (FindReturn(change.delivery, collect.return_id) != nullptr) {
    return Refuse("the return is known already");
  }
  if (collect.lines.empty()) return Refuse("there is nothing to collect");
  for (const GoodsQuantity& goods : collect.lines) {
    if (goods.quantity <= 0 || goods.quantity > PiecesWithBuyer(status, goods.sku)) {
      return Refuse("more is to be collected than was delivered");
    }
  }
  Return goods_return;
  goods_return.return_id = collect.return_id;
  goods_return.state = ReturnState::kRequested;
  goods_return.lines = collect.lines;
  goods_return.reason = collect.reason;
  goods_return.request_time = now;
  goods_return.request_id = collect.request_id;
  status.returns.push_back(std::move(goods_return));
  change.to_collect.push_back(collect.return_id);
  return absl::OkStatus();
}

// Divides the one shipment of a new delivery as the carrier wants it. True if that adds up.
bool Divide(DeliveryStatus& status, const std::vector<std::vector<GoodsQuantity>>& parts) {
  if (status.shipments.size() != 1 || parts.empty() || parts.size() > kMaxShipments) return false;
  std::vector<GoodsQuantity> rest = status.shipments[0].lines;
  for (const auto& part : parts) {
    if (part.empty()) return false;
    std::set<absl::string_view> seen;
    for (const GoodsQuantity& goods : part) {
      if (!seen.insert(goods.sku).second) return false;
      const auto from = std::find_if(rest.begin(), rest.end(), [&](const GoodsQuantity& line) {
        return line.sku == goods.sku && goods.quantity > 0 && line.quantity >= goods.quantity;
      });
      if (from == rest.end()) return false;
      from->quantity -= goods.quantity;
    }
  }
  for (const GoodsQuantity& line : rest) {
    if (line.quantity != 0) return false;
  }
  const Shipment whole = status.shipments[0];
  status.shipments.clear();
  for (const auto& part : parts) {
    Shipment shipment = whole;
    shipment.shipment_id = absl::StrCat(status.shipments.size() + 1);
    shipment.lines = part;
    status.shipments.push_back(std::move(shipment));
  }
  return true;
}

}  // namespace

void RollUp(DeliveryStatus& status, absl::Time now) {
  status.lines = RollUpLines(status);
  status.state = RollUpState(status);
  status.schedule = RollUpSchedule(status);
  ++status.revision;
  status.update_time = now;
}

absl::StatusOr<Change> Apply(const Delivery* delivery, const DeliveryInstruction& instruction,
                             absl::Time now) {
  const auto* book = std::get_if<BookDelivery>(&instruction.what);
  if (delivery == nullptr && book == nullptr) {
    return Refuse("the trade's first instruction must open the delivery");
  }
  if (delivery != nullptr && book != nullptr) return Refuse("the delivery is open already");
  Change change;
  if (delivery == nullptr) {
    absl::StatusOr<Change> opened = Open(instruction, *book, now);
    if (!opened.ok()) return opened;
    change = *std::move(opened);
  } else {
    change.delivery = *delivery;
    const absl::Status status = std::visit(
        Overloaded{[](const BookDelivery&) { return absl::OkStatus(); },
                   [&](const ReleaseDelivery&) { return Release(change); },
                   [&](const CancelDelivery& cancel) {
                     Cancel(change, cancel);
                     return absl::OkStatus();
                   },
                   [&](const CollectReturn& collect) { return Collect(change, collect, now); }},
        instruction.what);
    if (!status.ok()) return status;
  }
  change.delivery.status.instructions_applied = instruction.sequence;
  if (!instruction.traceparent.empty()) {
    change.delivery.traceparent = instruction.traceparent;
  }
  RollUp(change.delivery.status, now);
  return change;
}

Delivery SkipInstruction(const Delivery& delivery, int64_t sequence, absl::string_view reason,
                         absl::Time now) {
  Delivery next = delivery;
  next.refused.push_back({sequence, std::string(reason)});
  next.status.instructions_applied = sequence;
  ++next.status.revision;
  next.status.update_time = now;
  return next;
}

std::optional<Change> RecordBooking(const Delivery& delivery, const Booking& booking,
                                    absl::Time now) {
  const bool canceled = delivery.status.state == DeliveryState::kCanceled;
  if (delivery.status.booking != BookingState::kPending || canceled) return std::nullopt;
  Change change{delivery};
  DeliveryStatus& status = change.delivery.status;
  status.booking = booking.accepted ? BookingState::kAccepted : BookingState::kRefused;
  if (booking.accepted) {
    Divide(status, booking.shipments);
  } else {
    status.reason = booking.reason;
    for (Shipment& shipment : status.shipments) CancelShipment(shipment, booking.reason);
  }
  RollUp(status, now);
  return change;
}

std::optional<Change> RecordProgress(const Delivery& delivery, const std::string& shipment_id,
                                     const Progress& progress, absl::Time now) {
  Change change{delivery};
  DeliveryStatus& status = change.delivery.status;
  Shipment* shipment = MutableShipment(status, shipment_id);
  // The enum's order is the order of progress.
  if (shipment == nullptr || HasEnded(*shipment) || progress.state <= shipment->state ||
      progress.state > ShipmentState::kFailed) {
    return std::nullopt;
  }
  shipment->state = progress.state;
  if (!progress.carrier.empty()) shipment->carrier = progress.carrier;
  if (!progress.tracking_number.empty()) shipment->tracking_number = progress.tracking_number;
  const bool has_left = progress.state == ShipmentState::kInTransit ||
                        progress.state == ShipmentState::kOutForDelivery ||
                        progress.state == ShipmentState::kDelivered;
  if (has_left && !shipment->dispatch_time) shipment->dispatch_time = now;
  if (progress.state == ShipmentState::kDelivered) shipment->schedule = {std::nullopt, now};
  if (progress.state == ShipmentState::kFailed) {
    shipment->reason = progress.reason;
    shipment->schedule = {};
  }
  RollUp(status, now);
  return change;
}

std::optional<Change> RecordReturn(const Delivery& delivery, const std::string& return_id,
                                   const ReturnProgress& progress, absl::Time now) {
  const Return* known = FindReturn(delivery, return_id);
  const bool possible = progress.state == ReturnState::kCollecting ||
                        progress.state == ReturnState::kReceived ||
                        progress.state == ReturnState::kRejected;
  if (known == nullptr || !possible || !IsUnderWay(*known) || known->state == progress.state) {
    return std::nullopt;
  }
  Change change{delivery};
  DeliveryStatus& status = change.delivery.status;
  for (Return& goods_return : status.returns) {
    if (goods_return.return_id != return_id) continue;
    goods_return.state = progress.state;
    if (progress.state == ReturnState::kReceived) goods_return.receive_time = now;
    if (progress.state == ReturnState::kRejected) goods_return.rejection_reason = progress.reason;
  }
  RollUp(status, now);
  return change;
}

const Return* FindReturn(const Delivery& delivery, const std::string& return_id) {
  for (const Return& goods_return : delivery.status.returns) {
    if (goods_return.return_id == return_id) return &goods_return;
  }
  return nullptr;
}

const Shipment* FindShipment(const Delivery& delivery, const std::string& shipment_id) {
  for (const Shipment& shipment : delivery.status.shipments) {
    if (shipment.shipment_id == shipment_id) return &shipment;
  }
  return nullptr;
}

}  // namespace tallystick::delivery
