// GOODS-1, GOODS-2, GOODS-3, GOODS-5: do the goods agree with the order and with the money?
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

std::optional<int64_t> OrderedQuantity(const TradeView& view, const std::string& sku) {
  for (const ContentsLine& line : view.contents.lines) {
    if (line.sku == sku) return line.quantity;
  }
  return std::nullopt;
}

// One service's counts of one product.
struct Count {
  std::string service;
  std::string sku;
  std::vector<std::pair<std::string, int64_t>> pieces;  // what is counted → how many
};

std::vector<Count> AllCounts(const TradeView& view) {
  std::vector<Count> counts;
  if (const OrderStatus* order = view.order.get()) {
    for (const OrderLineStatus& line : order->lines) {
      counts.push_back({"shopping",
                        line.sku,
                        {{"ordered", line.ordered},
                         {"dispatched", line.dispatched},
                         {"delivered", line.delivered},
                         {"written off", line.written_off},
                         {"return requested", line.return_requested},
                         {"returned", line.returned}}});
    }
  }
  if (const DeliveryStatus* delivery = view.delivery.get()) {
    for (const DeliveryLine& line : delivery->lines) {
      counts.push_back({"delivery",
                        line.sku,
                        {{"ordered", line.ordered},
                         {"dispatched", line.dispatched},
                         {"delivered", line.delivered},
                         {"failed", line.failed},
                         {"canceled", line.canceled},
                         {"returned", line.returned}}});
    }
    std::map<std::string, int64_t> returning;
    for (const Return& goods_return : delivery->returns) {
      if (goods_return.state == ReturnState::kRejected) continue;
      for (const GoodsQuantity& goods : goods_return.lines) {
        int64_t& sum = returning[goods.sku];
        sum = CheckedAdd(sum, goods.quantity).value_or(sum);
      }
    }
    for (const auto& [sku, quantity] : returning) {
      counts.push_back({"delivery", sku, {{"in all returns", quantity}}});
    }
    std::map<std::string, int64_t> shipped;
    for (const Shipment& shipment : delivery->shipments) {
      for (const GoodsQuantity& goods : shipment.lines) {
        if (goods.quantity < 0) {
          counts.push_back({"delivery", goods.sku, {{"in a shipment", goods.quantity}}});
        }
        int64_t& sum = shipped[goods.sku];
        if (shipment.state != ShipmentState::kCanceled) {
          sum = CheckedAdd(sum, goods.quantity).value_or(sum);
        }
      }
    }
    for (const auto& [sku, quantity] : shipped) {
      counts.push_back({"delivery", sku, {{"in all shipments", quantity}}});
    }
  }
  return counts;
}

}  // namespace

std::vector<Warning> CheckEndedGoods(const TradeView& view, const MatchSettings&, absl::Time) {
  const OrderStatus* order = view.order.get();
  const DeliveryStatus* delivery = view.delivery.get();
  if (order == nullptr || delivery == nullptr) return {};
  if (order->state != OrderState::kRejected && order->state != OrderState::kCanceled) return {};
  std::vector<Warning> warnings;
  for (const Shipment& shipment : delivery->shipments) {
    if (!IsDispatched(shipment) && shipment.state != ShipmentState::kDelivered) continue;
    warnings.push_back({"GOODS-1",
                        Severity::kAlarm,
                        "the order has ended without delivery, yet goods were sent",
                        {{"order", ToString(order->state)},
                         {"shipment", shipment.shipment_id},
                         {"shipment state", ToString(shipment.state)}}});
  }
  return warnings;
}

std::vector<Warning> CheckQuantities(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  for (const Count& count : AllCounts(view)) {
    const std::optional<int64_t> ordered = OrderedQuantity(view, count.sku);
    for (const auto& [what, pieces] : count.pieces) {
      const bool is_order = what == "ordered";
      std::string sentence;
      if (!ordered) {
        if (is_order || pieces != 0) {
          sentence = absl::StrCat(count.service, " speaks of a product that was not ordered");
        }
      } else if (pieces < 0) {
        sentence = absl::StrCat(count.service, " counts less than nothing");
      } else if (pieces > *ordered || (is_order && pieces != *ordered)) {
        sentence = absl::StrCat(count.service, " counts another quantity than was ordered");
      }
      if (sentence.empty()) continue;
      warnings.push_back({"GOODS-2",
                          Severity::kAlarm,
                          sentence,
                          {{"service", count.service},
                           {"sku", count.sku},
                           {"ordered", ordered ? absl::StrCat(*ordered) : "not at all"},
                           {what == "ordered" ? "says ordered" : what, absl::StrCat(pieces)}}});
      break;  // one warning a product and service
    }
  }
  return warnings;
}

std::vector<Warning> CheckUnpaidGoods(const TradeView& view, const MatchSettings& settings,
                                      absl::Time) {
  const PaymentStatus* payment = view.payment.get();
  const DeliveryStatus* delivery = view.delivery.get();
  if (view.contents.terms != Terms::kPrepaid || payment == nullptr || delivery == nullptr) {
    return {};
  }
  std::vector<Warning> warnings;
  for (const Shipment& shipment : delivery->shipments) {
    // Payment may have been asked before all this, and by another clock.
    if (!IsDispatched(shipment) ||
        *shipment.dispatch_time + settings.clock_skew > view.payment.ask_time) {
      continue;
    }
    bool voided = false;
    for (const PaymentTransaction& transaction : payment->transactions) {
      voided = voided || (transaction.type == TransactionType::kVoid &&
                          transaction.state == TransactionState::kSucceeded &&
                          transaction.amount >= payment->authorized &&
                          transaction.update_time + settings.clock_skew < *shipment.dispatch_time);
    }
    if (WasAuthorized(*payment) && payment->state != PaymentState::kDeclined && !voided) continue;
    warnings.push_back(
        {"GOODS-3",
         Severity::kAlarm,
         "prepaid goods were sent although payment was not authorized",
         {{"shipment", shipment.shipment_id}, {"payment", ToString(payment->state)}}});
  }
  return warnings;
}

std::vector<Warning> CheckAddress(const TradeView& view, const MatchSettings&, absl::Time) {
  const DeliveryStatus* delivery = view.delivery.get();
  if (delivery == nullptr || delivery->ship_to == view.contents.ship_to) return {};
  return {{"GOODS-5",
           Severity::kAlarm,
           "delivery goes to another address than you ordered",
           {{"ordered", absl::StrJoin(view.contents.ship_to.lines, "; ")},
            {"delivery", absl::StrJoin(delivery->ship_to.lines, "; ")}}}};
}

}  // namespace tallystick
