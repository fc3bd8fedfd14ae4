// GOODS-1, GOODS-2, GOODS-4: do the goods agree with the order, and each service with itself?
#include <algorithm>

#include "absl/strings/str_cat.h"
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
                         {"failed", line.failed}}});
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

Warning Contradiction(const std::string& service, const std::string& what, std::string says,
                      std::string follows) {
  return {
      "GOODS-4",
      Severity::kWarning,
      absl::StrCat(service, " contradicts itself about ", what),
      {{"service", service}, {"says", std::move(says)}, {"its details say", std::move(follows)}}};
}

// States that a newer service may know and this client does not are not judged.
template <typename State>
bool IsKnownState(State state, State last) {
  return state != State::kUnspecified && state <= last;
}

void CheckPaymentRollUp(const PaymentStatus& payment, std::vector<Warning>& warnings) {
  const std::pair<const char*, std::pair<int64_t, TransactionType>> sums[] = {
      {"what is authorized", {payment.authorized, TransactionType::kAuthorize}},
      {"what is captured", {payment.captured, TransactionType::kCapture}},
      {"what is refunded", {payment.refunded, TransactionType::kRefund}},
      {"what is voided", {payment.voided, TransactionType::kVoid}}};
  for (const auto& [what, sum] : sums) {
    const int64_t follows = SumOf(payment, sum.second);
    if (sum.first == follows) continue;
    warnings.push_back(Contradiction("payment", what, FormatMoney({payment.currency, sum.first}),
                                     FormatMoney({payment.currency, follows})));
  }
  const PaymentState follows = RollUpState(payment);
  if (IsKnownState(payment.state, PaymentState::kRefunded) && payment.state != follows) {
    warnings.push_back(
        Contradiction("payment", "its state", ToString(payment.state), ToString(follows)));
  }
}

void CheckDeliveryRollUp(const DeliveryStatus& delivery, std::vector<Warning>& warnings) {
  const std::vector<DeliveryLine> follows = RollUpLines(delivery);
  for (size_t i = 0; i < follows.size(); ++i) {
    const DeliveryLine& says = delivery.lines[i];
    if (says == follows[i]) continue;
    const auto text = [](const DeliveryLine& line) {
      return absl::StrCat(line.dispatched, " dispatched, ", line.delivered, " delivered, ",
                          line.failed, " failed");
    };
    warnings.push_back(Contradiction("delivery", says.sku, text(says), text(follows[i])));
  }
  const bool all_known = std::all_of(
      delivery.shipments.begin(), delivery.shipments.end(), [](const Shipment& shipment) {
        return IsKnownState(shipment.state, ShipmentState::kCanceled);
      });
  const DeliveryState state = RollUpState(delivery);
  if (all_known && IsKnownState(delivery.state, DeliveryState::kCanceled) &&
      delivery.state != state) {
    warnings.push_back(
        Contradiction("delivery", "its state", ToString(delivery.state), ToString(state)));
  }
}

void CheckOrderRollUp(const OrderStatus& order, std::vector<Warning>& warnings) {
  for (const OrderLineStatus& line : order.lines) {
    if (order.state == OrderState::kCompleted && line.delivered + line.written_off < line.ordered) {
      warnings.push_back(
          Contradiction("shopping", line.sku, "COMPLETED",
                        absl::StrCat(line.delivered, " of ", line.ordered, " delivered")));
    }
  }
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

std::vector<Warning> CheckRollUps(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  if (const OrderStatus* order = view.order.get()) CheckOrderRollUp(*order, warnings);
  if (const PaymentStatus* payment = view.payment.get()) CheckPaymentRollUp(*payment, warnings);
  if (const DeliveryStatus* delivery = view.delivery.get()) {
    CheckDeliveryRollUp(*delivery, warnings);
  }
  return warnings;
}

}  // namespace tallystick
