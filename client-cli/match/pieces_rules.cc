// GOODS-6: the shop's account of goods and returns against delivery's, piece by piece, as far as
// the shop had heard of delivery.
#include <algorithm>
#include <unordered_map>

#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

constexpr char kRule[] = "GOODS-6";

void Contradict(std::vector<Warning>& warnings, const std::string& what,
                const std::vector<Difference>& differences, Facts facts = {}) {
  if (differences.empty()) return;
  facts.merge(DifferenceFacts(differences, "shopping", "delivery"));
  Alarm(warnings, kRule,
        absl::StrCat("the shop counts ", what, " otherwise than delivery, whose goods they are"),
        std::move(facts));
}

void Differ(std::vector<Difference>& differences, const char* what, int64_t shop,
            int64_t delivery) {
  if (shop != delivery) {
    differences.push_back({what, absl::StrCat(shop), absl::StrCat(delivery)});
  }
}

bool AnyDispatched(const DeliveryStatus& delivery) {
  return std::any_of(delivery.shipments.begin(), delivery.shipments.end(), IsDispatched);
}

// Will never be delivered, and the shop has said so: what failed; what was canceled, when other
// goods had left (else the whole order is off).
bool IsWrittenOff(const DeliveryStatus& delivery, const Shipment& shipment) {
  return shipment.state == ShipmentState::kFailed ||
         (shipment.state == ShipmentState::kCanceled && AnyDispatched(delivery));
}

void CompareLines(const OrderStatus& order, const DeliveryStatus& delivery,
                  std::vector<Warning>& warnings) {
  std::unordered_map<std::string, const DeliveryLine*> theirs;
  for (const DeliveryLine& line : delivery.lines) theirs.emplace(line.sku, &line);
  const bool canceled_too = AnyDispatched(delivery);
  for (const OrderLineStatus& line : order.lines) {
    const auto found = theirs.find(line.sku);
    if (found == theirs.end()) continue;  // GOODS-2
    const DeliveryLine& their = *found->second;
    std::vector<Difference> differences;
    Differ(differences, "dispatched", line.dispatched, their.dispatched);
    Differ(differences, "delivered", line.delivered, their.delivered);
    Differ(differences, "returned", line.returned, their.returned);
    Differ(differences, "written off", line.written_off,
           SaturatedAdd(their.failed, canceled_too ? their.canceled : 0));
    Contradict(warnings, "pieces", differences, {{"sku", Excerpt(line.sku)}});
  }
}

// Each shipment that is lost or called off has its adjustment, and each adjustment its shipment.
void CompareWriteOffs(const OrderStatus& order, const DeliveryStatus& delivery,
                      std::vector<Warning>& warnings) {
  std::unordered_map<std::string, const DueAdjustment*> taken_off;
  for (const DueAdjustment& adjustment : order.adjustments) {
    if (adjustment.type != AdjustmentType::kWrittenOff) continue;
    if (!taken_off.emplace(adjustment.reference_id, &adjustment).second) {
      Contradict(warnings, "a lost shipment",
                 {{"shipment " + Excerpt(adjustment.reference_id), "twice", "once"}});
    }
  }
  for (const Shipment& shipment : delivery.shipments) {
    const auto found = taken_off.find(shipment.shipment_id);
    const bool written_off = found != taken_off.end();
    if (written_off != IsWrittenOff(delivery, shipment)) {
      Contradict(warnings, "a shipment",
                 {{"shipment " + Excerpt(shipment.shipment_id),
                   written_off ? "written off" : "not written off", ToString(shipment.state)}});
    } else if (written_off && found->second->lines != shipment.lines) {
      Contradict(warnings, "the goods of a lost shipment",
                 {{"shipment " + Excerpt(shipment.shipment_id), "takes off other goods",
                   "had other goods in it"}});
    }
    if (written_off) taken_off.erase(found);
  }
  for (const auto& [id, adjustment] : taken_off) {
    Contradict(warnings, "a lost shipment",
               {{"shipment " + Excerpt(id), "written off", "not there"}});
  }
}

// What the shop may make of what delivery says of a return.
bool MayBe(ReturnState shop, ReturnState delivery) {
  return shop == delivery || (shop == ReturnState::kRefunded && delivery == ReturnState::kReceived);
}

std::vector<Difference> CompareReturn(const Return& ours, const Return& theirs,
                                      absl::Duration skew) {
  std::vector<Difference> differences;
  const auto differ = [&](const char* what, std::string a, std::string b) {
    if (a != b) differences.push_back({what, std::move(a), std::move(b)});
  };
  const auto time = [](const std::optional<absl::Time>& time) {
    return time ? Rfc3339(*time) : std::string("nothing");
  };
  if (!MayBe(ours.state, theirs.state))
    differ("state", ToString(ours.state), ToString(theirs.state));
  if (ours.lines != theirs.lines) differences.push_back({"lines", "other goods", "other goods"});
  differ("reason", ours.reason, theirs.reason);
  differ("rejection_reason", ours.rejection_reason, theirs.rejection_reason);
  differ("request_id", ours.request_id, "");  // delivery's to say
  differ("receive_time", time(ours.receive_time), time(theirs.receive_time));
  // The shop agreed before delivery was told.
  if (ours.request_time > theirs.request_time + skew) {
    differ("request_time", Rfc3339(ours.request_time), Rfc3339(theirs.request_time));
  }
  return differences;
}

void CompareReturns(const Reading& reading, const OrderStatus& order,
                    const DeliveryStatus& delivery, std::vector<Warning>& warnings) {
  std::unordered_map<std::string, const Return*> theirs;
  for (const Return& goods_return : delivery.returns) {
    if (!theirs.emplace(goods_return.return_id, &goods_return).second) {
      Contradict(warnings, "a return",
                 {{"return " + Excerpt(goods_return.return_id), "once", "twice"}});
    }
  }
  int64_t unheard = SaturatedSubtract(order.delivery_instructions, delivery.instructions_applied);
  for (const Return& goods_return : order.returns) {
    const auto found = theirs.find(goods_return.return_id);
    if (found == theirs.end()) {
      // Delivery may not have been told yet.
      if (--unheard < 0 || goods_return.state != ReturnState::kRequested) {
        Contradict(warnings, "a return",
                   {{"return " + Excerpt(goods_return.return_id), ToString(goods_return.state),
                     "not there"}});
      }
      continue;
    }
    Contradict(warnings, "a return",
               CompareReturn(goods_return, *found->second, reading.settings.clock_skew),
               {{"return", Excerpt(goods_return.return_id)}});
    theirs.erase(found);
  }
  for (const auto& [id, goods_return] : theirs) {
    Contradict(warnings, "a return",
               {{"return " + Excerpt(id), "not there", ToString(goods_return->state)}});
  }
}

// The shop by itself: each return that came back is taken off, with its goods and its amount.
void CheckReturnAdjustments(const Reading& reading, const OrderStatus& order,
                            std::vector<Warning>& warnings) {
  std::unordered_map<std::string, const DueAdjustment*> taken_off;
  const auto fault = [&](const Return& goods_return, const std::string& what, std::string is,
                         std::string follows) {
    Alarm(warnings, kRule, absl::StrCat("the shop's return contradicts ", what),
          {{"return", Excerpt(goods_return.return_id)},
           {"return says", std::move(is)},
           {"taken off the due amount", std::move(follows)}});
  };
  for (const DueAdjustment& adjustment : order.adjustments) {
    if (adjustment.type == AdjustmentType::kReturned) {
      taken_off.emplace(adjustment.reference_id, &adjustment);
    }
  }
  std::unordered_map<std::string, bool> ids;
  for (const Return& goods_return : order.returns) {
    if (!ids.emplace(goods_return.return_id, true).second) {
      fault(goods_return, "another of the same number", "twice", "once");
    }
    const auto found = taken_off.find(goods_return.return_id);
    const DueAdjustment* adjustment = found == taken_off.end() ? nullptr : found->second;
    if (adjustment == nullptr) {
      if (IsBack(goods_return)) {
        fault(goods_return, "what is due", ToString(goods_return.state), "nothing");
      } else if (goods_return.amount != 0) {
        fault(goods_return, "what is due", reading.Amount(goods_return.amount), "nothing");
      }
      continue;
    }
    if (!IsBack(goods_return) || adjustment->amount != goods_return.amount) {
      fault(goods_return, "what is due",
            absl::StrCat(ToString(goods_return.state), ", ", reading.Amount(goods_return.amount)),
            reading.Amount(adjustment->amount));
    } else if (adjustment->lines != goods_return.lines) {
      fault(goods_return, "the goods that were taken off", "its goods", "other goods");
    }
    taken_off.erase(found);
  }
  for (const auto& [id, adjustment] : taken_off) {
    Alarm(warnings, kRule, "the shop takes off what is due for a return that it does not list",
          {{"return", Excerpt(id)}, {"amount", reading.Amount(adjustment->amount)}});
  }
}

}  // namespace

void CheckPieces(const Reading& reading, std::vector<Warning>& warnings) {
  if (reading.order != nullptr) CheckReturnAdjustments(reading, *reading.order, warnings);
  const OrderStatus* order = reading.cut.order;
  if (order == nullptr) return;
  const DeliveryStatus nothing;
  if (reading.cut.delivery == nullptr && order->delivery_revision != 0) return;
  if (reading.cut.delivery == nullptr) {
    for (const OrderLineStatus& line : order->lines) {
      std::vector<Difference> differences;
      Differ(differences, "dispatched", line.dispatched, 0);
      Differ(differences, "delivered", line.delivered, 0);
      Differ(differences, "returned", line.returned, 0);
      Differ(differences, "written off", line.written_off, 0);
      Contradict(warnings, "pieces", differences, {{"sku", Excerpt(line.sku)}});
    }
    return;
  }
  const DeliveryStatus& delivery = *reading.cut.delivery;
  CompareLines(*order, delivery, warnings);
  CompareWriteOffs(*order, delivery, warnings);
  CompareReturns(reading, *order, delivery, warnings);
}

}  // namespace tallystick
