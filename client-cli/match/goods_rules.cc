// GOODS-1, GOODS-2, GOODS-3, GOODS-5: do the goods agree with the order and with the money?
#include <unordered_map>

#include "absl/strings/str_join.h"
#include "client-cli/match/evidence.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// Says what is wrong with one service's counts, once for each product.
class Counts {
 public:
  Counts(const Reading& reading, std::string service, std::vector<Warning>& warnings)
      : service_(std::move(service)), warnings_(warnings) {
    for (const ContentsLine& line : reading.contents.lines) ordered_[line.sku] = line.quantity;
  }

  // `pieces` of a product are said to be `what`: none of them may be negative or too many.
  void AtMost(const std::string& sku, const char* what, int64_t pieces) {
    const auto found = ordered_.find(sku);
    if (found == ordered_.end()) {
      Say(sku, what, pieces, "speaks of a product that was not ordered");
    } else if (pieces < 0) {
      Say(sku, what, pieces, "counts less than nothing");
    } else if (pieces > found->second) {
      Say(sku, what, pieces, "counts more than was ordered");
    }
  }
  void Exactly(const std::string& sku, const char* what, int64_t pieces) {
    AtMost(sku, what, pieces);
    const auto found = ordered_.find(sku);
    if (found != ordered_.end() && pieces != found->second) {
      Say(sku, what, pieces, "counts another quantity than was ordered");
    }
  }
  // A list has each product that was ordered, once.
  template <typename Lines>
  void Each(const Lines& lines) {
    std::unordered_map<std::string, int> times;
    for (const auto& line : lines) ++times[line.sku];
    for (const auto& [sku, quantity] : ordered_) {
      const auto found = times.find(sku);
      if (found == times.end()) {
        Say(sku, "lines", 0, "leaves out a product that was ordered");
      } else if (found->second > 1) {
        Say(sku, "lines", found->second, "counts a product twice");
      }
    }
  }
  // The goods of a list, each product in it at least one piece and once.
  void List(const std::vector<GoodsQuantity>& lines, const char* what) {
    std::unordered_map<std::string, int> times;
    if (lines.empty()) Say("", what, 0, "lists something without goods");
    for (const GoodsQuantity& goods : lines) {
      AtMost(goods.sku, what, goods.quantity);
      if (goods.quantity == 0) Say(goods.sku, what, 0, "lists a product without a piece of it");
      if (++times[goods.sku] == 2) Say(goods.sku, what, 2, "lists a product twice");
    }
  }
  const std::unordered_map<std::string, int64_t>& ordered() const { return ordered_; }

 private:
  void Say(const std::string& sku, const char* what, int64_t pieces, absl::string_view fault) {
    if (!said_.insert({sku, true}).second) return;
    const auto found = ordered_.find(sku);
    Alarm(warnings_, "GOODS-2", absl::StrCat(service_, " ", fault),
          {{"service", service_},
           {"sku", Excerpt(sku)},
           {"ordered", found == ordered_.end() ? "not at all" : absl::StrCat(found->second)},
           {what, absl::StrCat(pieces)}});
  }

  const std::string service_;
  std::vector<Warning>& warnings_;
  std::unordered_map<std::string, int64_t> ordered_;
  std::unordered_map<std::string, bool> said_;
};

void CountOrder(const Reading& reading, const OrderStatus& order, std::vector<Warning>& warnings) {
  Counts counts(reading, "shopping", warnings);
  for (const OrderLineStatus& line : order.lines) {
    counts.Exactly(line.sku, "says ordered", line.ordered);
    counts.AtMost(line.sku, "dispatched", line.dispatched);
    counts.AtMost(line.sku, "delivered", line.delivered);
    counts.AtMost(line.sku, "written off", line.written_off);
    counts.AtMost(line.sku, "return requested", line.return_requested);
    counts.AtMost(line.sku, "returned", line.returned);
    counts.AtMost(line.sku, "delivered or written off",
                  SaturatedAdd(line.delivered, line.written_off));
  }
  counts.Each(order.lines);
  for (const Return& goods_return : order.returns) counts.List(goods_return.lines, "in a return");
}

void CountDelivery(const Reading& reading, const DeliveryStatus& delivery,
                   std::vector<Warning>& warnings) {
  Counts counts(reading, "delivery", warnings);
  for (const DeliveryLine& line : delivery.lines) {
    counts.Exactly(line.sku, "says ordered", line.ordered);
    counts.AtMost(line.sku, "dispatched", line.dispatched);
    counts.AtMost(line.sku, "delivered", line.delivered);
    counts.AtMost(line.sku, "failed", line.failed);
    counts.AtMost(line.sku, "canceled", line.canceled);
    counts.AtMost(line.sku, "returned", line.returned);
  }
  counts.Each(delivery.lines);
  std::unordered_map<std::string, int64_t> shipped;
  for (const Shipment& shipment : delivery.shipments) {
    counts.List(shipment.lines, "in a shipment");
    for (const GoodsQuantity& goods : shipment.lines) {
      shipped[goods.sku] = SaturatedAdd(shipped[goods.sku], goods.quantity);
    }
  }
  for (const auto& [sku, ordered] : counts.ordered()) {
    counts.Exactly(sku, "in all shipments", shipped[sku]);
  }
  std::unordered_map<std::string, int64_t> returning;
  for (const Return& goods_return : delivery.returns) {
    counts.List(goods_return.lines, "in a return");
    if (goods_return.state == ReturnState::kRejected) continue;
    for (const GoodsQuantity& goods : goods_return.lines) {
      returning[goods.sku] = SaturatedAdd(returning[goods.sku], goods.quantity);
    }
  }
  for (const auto& [sku, pieces] : returning) counts.AtMost(sku, "in all returns", pieces);
}

}  // namespace

void CheckEndedGoods(const Reading& reading, std::vector<Warning>& warnings) {
  const OrderStatus* order = reading.order;
  const DeliveryStatus* delivery = reading.delivery;
  if (order == nullptr || delivery == nullptr || !EndedWithoutDelivery(*order)) return;
  for (const Shipment& shipment : delivery->shipments) {
    if (!IsDispatched(shipment) && shipment.state != ShipmentState::kDelivered) continue;
    Alarm(warnings, "GOODS-1",
          "the order has ended without delivery, yet goods were sent; do not pay for them before "
          "the shop explains",
          {{"order", ToString(order->state)},
           {"shipment", Excerpt(shipment.shipment_id)},
           {"shipment state", ToString(shipment.state)}});
  }
}

void CheckQuantities(const Reading& reading, std::vector<Warning>& warnings) {
  if (reading.order != nullptr) CountOrder(reading, *reading.order, warnings);
  if (reading.delivery != nullptr) CountDelivery(reading, *reading.delivery, warnings);
}

void CheckUnpaidGoods(const Reading& reading, std::vector<Warning>& warnings) {
  const PaymentStatus* payment = reading.cut.payment;
  const DeliveryStatus* delivery = reading.cut.delivery;
  if (RuleOf(reading.contents.terms).event != TermsRule::Event::kDispatch) return;
  if (delivery == nullptr) return;
  if (payment == nullptr && reading.cut.order->payment_revision != 0) return;
  const absl::Duration skew = reading.settings.clock_skew;
  for (const Shipment& shipment : delivery->shipments) {
    if (!IsDispatched(shipment)) continue;
    bool voided = false;
    if (payment != nullptr) {
      for (const PaymentTransaction& transaction : payment->transactions) {
        voided = voided || (transaction.type == TransactionType::kVoid &&
                            transaction.state == TransactionState::kSucceeded &&
                            transaction.amount >= payment->authorized &&
                            transaction.update_time + skew < *shipment.dispatch_time);
      }
    }
    const bool authorized = payment != nullptr && WasAuthorized(*payment) &&
                            payment->state != PaymentState::kDeclined && !voided;
    if (authorized) continue;
    Alarm(warnings, "GOODS-3",
          "prepaid goods were sent although payment was not authorized; ask the shop who pays",
          {{"shipment", Excerpt(shipment.shipment_id)},
           {"payment", payment == nullptr ? "not heard of" : ToString(payment->state)}});
  }
}

void CheckAddress(const Reading& reading, std::vector<Warning>& warnings) {
  const DeliveryStatus* delivery = reading.delivery;
  if (delivery == nullptr || delivery->ship_to == reading.contents.ship_to) return;
  Alarm(warnings, "GOODS-5",
        "delivery goes to another address than you ordered; have the carrier stop it",
        {{"ordered", absl::StrJoin(reading.contents.ship_to.lines, "; ")},
         {"delivery", Excerpt(absl::StrJoin(delivery->ship_to.lines, "; "))}});
}

}  // namespace tallystick
