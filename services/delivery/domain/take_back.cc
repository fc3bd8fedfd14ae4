#include "services/delivery/domain/take_back.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/delivery/domain/delivery_change.h"

namespace tallystick::delivery {
namespace {

template <typename State>
absl::Status Contradiction(const std::string& what, State here, State there) {
  return absl::FailedPreconditionError(absl::StrCat(
      what, " is ", ToString(here), " here, and the shop remembers it ", ToString(there)));
}

// Both are about one shipment; the enum's order is the order of progress, up to its end.
bool Contradict(const Shipment& here, const Shipment& there) {
  if (here.state == there.state) return false;
  const auto canceled = [](const Shipment& one) { return one.state == ShipmentState::kCanceled; };
  if (canceled(here)) return IsDispatched(there) || there.state == ShipmentState::kFailed;
  if (canceled(there)) return IsDispatched(here) || here.state == ShipmentState::kFailed;
  return HasEnded(here) && HasEnded(there);
}

// Who has seen it further is right.
absl::Status MergeOne(const Shipment& here, Shipment& there) {
  if (Contradict(here, there)) {
    return Contradiction("shipment " + here.shipment_id, here.state, there.state);
  }
  if (here.state > there.state) there = here;
  return absl::OkStatus();
}

bool Contradict(const Return& here, const Return& there) {
  return here.lines != there.lines ||
         (!IsUnderWay(here) && !IsUnderWay(there) && IsBack(here) != IsBack(there));
}

bool AreTheSame(const std::vector<Shipment>& a, const std::vector<Shipment>& b) {
  return std::ranges::equal(a, b, [](const Shipment& x, const Shipment& y) {
    return x.shipment_id == y.shipment_id && x.lines == y.lines;
  });
}

std::map<std::string, int64_t> GoodsOf(std::span<const Shipment> shipments) {
  std::map<std::string, int64_t> goods;
  for (const Shipment& shipment : shipments) {
    for (const GoodsQuantity& line : shipment.lines) goods[line.sku] += line.quantity;
  }
  return goods;
}

// The place of the shipment of `before` whose goods were divided since: `after` has some of them
// there, and the others in the shipments that were added. Nullopt if that is not how they differ.
// What had left is not divided.
std::optional<size_t> DividedSince(const std::vector<Shipment>& before,
                                   const std::vector<Shipment>& after) {
  if (after.size() <= before.size() || GoodsOf(before) != GoodsOf(after)) return std::nullopt;
  std::optional<size_t> divided;
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].shipment_id != after[i].shipment_id) return std::nullopt;
    if (before[i].lines == after[i].lines) continue;
    if (divided || IsDispatched(before[i])) return std::nullopt;
    divided = i;
  }
  return divided;
}

// What became of the goods while they were one shipment became of each part of it.
absl::Status TellPart(const Shipment& whole, Shipment& part) {
  if (Contradict(part, whole)) {
    return absl::FailedPreconditionError(
        absl::StrCat("shipment ", part.shipment_id, " is ", ToString(part.state), ", and was ",
                     ToString(whole.state), " before the goods were divided"));
  }
  if (part.state >= whole.state) return absl::OkStatus();
  part.state = whole.state;
  part.reason = whole.reason;
  if (HasEnded(whole)) part.schedule = {};
  return absl::OkStatus();
}

// `divided`: of `less`, which is from before that.
absl::Status MergeDivided(const std::vector<Shipment>& less, size_t divided,
                          std::vector<Shipment>& more) {
  for (size_t i = 0; i < more.size(); ++i) {
    const bool is_part = i == divided || i >= less.size();
    const absl::Status told =
        is_part ? TellPart(less[divided], more[i]) : MergeOne(less[i], more[i]);
    if (!told.ok()) return told;
  }
  return absl::OkStatus();
}

absl::Status MergeShipments(const DeliveryStatus& mine, DeliveryStatus& merged) {
  if (!AreTheSame(mine.shipments, merged.shipments)) {
    // One of them is from before the goods were divided.
    if (const auto here_later = DividedSince(merged.shipments, mine.shipments)) {
      const std::vector<Shipment> before = std::exchange(merged.shipments, mine.shipments);
      return MergeDivided(before, *here_later, merged.shipments);
    }
    if (const auto there_later = DividedSince(mine.shipments, merged.shipments)) {
      return MergeDivided(mine.shipments, *there_later, merged.shipments);
    }
    return absl::FailedPreconditionError(
        "the goods are divided into other shipments here than the shop remembers");
  }
  for (size_t i = 0; i < merged.shipments.size(); ++i) {
    const absl::Status done = MergeOne(mine.shipments[i], merged.shipments[i]);
    if (!done.ok()) return done;
  }
  return absl::OkStatus();
}

absl::Status MergeReturns(const DeliveryStatus& mine, DeliveryStatus& merged) {
  for (const Return& here : mine.returns) {
    const auto there = std::ranges::find(merged.returns, here.return_id, &Return::return_id);
    if (there == merged.returns.end()) {
      merged.returns.push_back(here);
      continue;
    }
    if (Contradict(here, *there)) {
      return Contradiction("return " + here.return_id, here.state, there->state);
    }
    if (here.state > there->state) *there = here;
  }
  return absl::OkStatus();
}

// Without what was decided about a state that lacked what the shop remembers: refusals, and the
// cancellation of what had left. The shop tells that once more.
Delivery WithoutLateDecisions(Delivery mine, const Delivery& remembered) {
  DeliveryStatus& status = mine.status;
  const int64_t known = remembered.status.instructions_applied;
  WithdrawRefusals(mine.refused, known, status.instructions_applied);
  const bool canceled = std::ranges::any_of(status.shipments, [&](const Shipment& here) {
    const auto& theirs = remembered.status.shipments;
    const auto there = std::ranges::find(theirs, here.shipment_id, &Shipment::shipment_id);
    return here.state == ShipmentState::kCanceled && there != theirs.end() && IsDispatched(*there);
  });
  if (canceled && status.instructions_applied == known + 1) {
    status.shipments = remembered.status.shipments;
    status.reason = remembered.status.reason;
    --status.instructions_applied;
  }
  return mine;
}

absl::Status Merge(const Delivery& mine, Delivery& merged) {
  DeliveryStatus& status = merged.status;
  if (mine.status.contents_digest != status.contents_digest) {
    return absl::FailedPreconditionError("the shop remembers another order under this id");
  }
  const bool both_booked =
      mine.status.booking != BookingState::kPending && status.booking != BookingState::kPending;
  if (both_booked && mine.status.booking != status.booking) {
    return Contradiction("the booking", mine.status.booking, status.booking);
  }
  status.booking = std::max(mine.status.booking, status.booking);
  absl::Status done = MergeShipments(mine.status, status);
  if (done.ok()) done = MergeReturns(mine.status, status);
  if (!done.ok()) return done;
  const bool here_later = mine.status.instructions_applied > status.instructions_applied;
  if (status.reason.empty() || (here_later && !mine.status.reason.empty())) {
    status.reason = mine.status.reason;
  }
  status.instructions_applied =
      std::max(mine.status.instructions_applied, status.instructions_applied);
  status.revision = std::max(mine.status.revision, status.revision);
  if (merged.delivery_option.empty()) merged.delivery_option = mine.delivery_option;
  for (const DispatchRecord& dispatch : mine.dispatches) {
    const auto known =
        std::ranges::find(merged.dispatches, dispatch.request_id, &DispatchRecord::request_id);
    if (known == merged.dispatches.end()) merged.dispatches.push_back(dispatch);
  }
  for (const RefusedInstruction& one : mine.refused) {
    if (RefusalOf(merged.refused, one.sequence).empty()) merged.refused.push_back(one);
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Change> TakeBack(const Delivery* mine, const Delivery& remembered, absl::Time now) {
  Change change{remembered};
  DeliveryStatus& status = change.delivery.status;
  if (mine != nullptr) {
    const absl::Status merged = Merge(WithoutLateDecisions(*mine, remembered), change.delivery);
    if (!merged.ok()) return merged;
  }
  RollUp(status, now);
  change.book = status.booking == BookingState::kPending;
  for (const Shipment& shipment : status.shipments) {
    if (HasEnded(shipment) || shipment.state == ShipmentState::kScheduled) continue;
    change.to_follow.push_back(shipment.shipment_id);
  }
  for (const Return& goods_return : status.returns) {
    if (IsUnderWay(goods_return)) change.to_collect.push_back(goods_return.return_id);
  }
  change.delivery.taken_back = {MarkOf(remembered.status), status.revision};
  return change;
}

}  // namespace tallystick::delivery
