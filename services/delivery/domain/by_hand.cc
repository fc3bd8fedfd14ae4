// What a person in the back office records; the rest of the domain is in delivery.cc.
#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "platform/error/error.h"
#include "platform/trade/contents.h"
#include "services/delivery/domain/delivery.h"

namespace tallystick::delivery {
namespace {

absl::Status NotFound(const std::string& reason, const std::string& what, const std::string& id) {
  return MakeError(absl::StatusCode::kNotFound, reason,
                   absl::StrCat("the trade has no ", what, " '", id, "'"));
}

absl::Status NotPossible(const std::string& what, const std::string& state) {
  return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_POSSIBLE",
                   absl::StrCat(what, " is ", state, ": that does not go with it"),
                   {{"state", state}});
}

std::string Fingerprint(const Dispatch& dispatch) {
  CanonicalWriter writer;
  writer.Text(dispatch.shipment_id).Text(dispatch.carrier).Text(dispatch.tracking_number);
  for (const GoodsQuantity& goods : dispatch.lines) writer.Text(goods.sku).Number(goods.quantity);
  return Sha256(writer.bytes());
}

// Takes `lines` out of `shipment`. INVALID_FIELD when it has not got them.
absl::Status TakeOut(Shipment& shipment, const std::vector<GoodsQuantity>& lines) {
  std::set<absl::string_view> seen;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!seen.insert(lines[i].sku).second) {
      return InvalidField(absl::StrCat("lines[", i, "].sku"),
                          "stands there twice; give it once with the sum");
    }
    const auto from =
        std::find_if(shipment.lines.begin(), shipment.lines.end(),
                     [&](const GoodsQuantity& line) { return line.sku == lines[i].sku; });
    const int64_t held = from == shipment.lines.end() ? 0 : from->quantity;
    if (lines[i].quantity < 1 || lines[i].quantity > held) {
      return InvalidField(absl::StrCat("lines[", i, "].quantity"),
                          absl::StrCat("shipment ", shipment.shipment_id, " has ", held, " of ",
                                       lines[i].sku, ", not ", lines[i].quantity));
    }
    from->quantity -= lines[i].quantity;
  }
  std::erase_if(shipment.lines, [](const GoodsQuantity& line) { return line.quantity == 0; });
  return absl::OkStatus();
}

}  // namespace

std::string DispatchedBy(const Delivery& delivery, const Uuid& request_id) {
  for (const DispatchRecord& record : delivery.dispatches) {
    if (record.request_id == request_id) return record.shipment_id;
  }
  return "";
}

absl::StatusOr<std::optional<Change>> RecordDispatch(const Delivery& delivery,
                                                     const Dispatch& dispatch, absl::Time now) {
  const std::string fingerprint = Fingerprint(dispatch);
  for (const DispatchRecord& record : delivery.dispatches) {
    if (record.request_id != dispatch.request_id) continue;
    if (record.fingerprint == fingerprint) return std::nullopt;
    return MakeError(absl::StatusCode::kInvalidArgument, "REQUEST_ID_REUSED",
                     "request_id: this id was used for another dispatch; make a new one",
                     {{"field", "request_id"}, {"request_id", dispatch.request_id.ToString()}});
  }
  const Shipment* known = FindShipment(delivery, dispatch.shipment_id);
  if (known == nullptr) return NotFound("SHIPMENT_NOT_FOUND", "shipment", dispatch.shipment_id);
  if (known->state != ShipmentState::kPreparing) {
    return NotPossible(absl::StrCat("shipment ", known->shipment_id), ToString(known->state));
  }
  Delivery next = delivery;
  auto& shipments = next.status.shipments;
  const auto whole = std::find_if(
      shipments.begin(), shipments.end(),
      [&](const Shipment& shipment) { return shipment.shipment_id == dispatch.shipment_id; });
  std::string leaving = dispatch.shipment_id;
  Change change;
  if (!dispatch.lines.empty()) {
    const absl::Status taken = TakeOut(*whole, dispatch.lines);
    if (!taken.ok()) return taken;
    if (whole->lines.empty()) {
      whole->lines = known->lines;
    } else {
      if (shipments.size() >= kMaxShipments) {
        return NotPossible("the delivery", absl::StrCat("in ", kMaxShipments, " shipments"));
      }
      Shipment part = *whole;
      part.shipment_id = leaving = absl::StrCat(shipments.size() + 1);
      part.lines = dispatch.lines;
      shipments.push_back(std::move(part));
      change.to_follow.push_back(leaving);
    }
  }
  next.dispatches.push_back({dispatch.request_id, fingerprint, leaving});
  std::optional<Change> progressed = RecordProgress(
      next, leaving, {ShipmentState::kInTransit, dispatch.carrier, dispatch.tracking_number}, now);
  progressed->to_follow = change.to_follow;
  return progressed;
}

absl::StatusOr<std::optional<Change>> RecordByHand(const Delivery& delivery,
                                                   const std::string& shipment_id,
                                                   const Progress& progress, absl::Time now) {
  const Shipment* known = FindShipment(delivery, shipment_id);
  if (known == nullptr) return NotFound("SHIPMENT_NOT_FOUND", "shipment", shipment_id);
  if (known->state == progress.state) return std::nullopt;
  // Whoever mistypes a shipment's number would have goods arrive, and paid for, that never left.
  const bool arrives = progress.state == ShipmentState::kOutForDelivery ||
                       progress.state == ShipmentState::kDelivered;
  if (arrives && known->state == ShipmentState::kPreparing) {
    return MakeError(absl::StatusCode::kFailedPrecondition, "NOT_POSSIBLE",
                     absl::StrCat("shipment ", shipment_id,
                                  " has not left: record first that it has (dispatch)"),
                     {{"state", ToString(known->state)}});
  }
  // A person cannot send what the shop has not released.
  std::optional<Change> change;
  if (known->state != ShipmentState::kScheduled) {
    change = RecordProgress(delivery, shipment_id, progress, now);
  }
  if (change) return change;
  return NotPossible(absl::StrCat("shipment ", shipment_id), ToString(known->state));
}

absl::StatusOr<std::optional<Change>> RecordReturnByHand(const Delivery& delivery,
                                                         const std::string& return_id,
                                                         const ReturnProgress& progress,
                                                         absl::Time now) {
  const Return* known = FindReturn(delivery, return_id);
  if (known == nullptr) return NotFound("RETURN_NOT_FOUND", "return", return_id);
  if (known->state == progress.state) return std::nullopt;
  std::optional<Change> change = RecordReturn(delivery, return_id, progress, now);
  if (change) return change;
  return NotPossible(absl::StrCat("return ", return_id), ToString(known->state));
}

}  // namespace tallystick::delivery
