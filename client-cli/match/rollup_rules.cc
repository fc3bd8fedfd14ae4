// GOODS-4: does each service agree with itself?
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client-cli/match/match.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

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
                          line.failed, " failed, ", line.canceled, " canceled, ", line.returned,
                          " returned");
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
    if (order.state == OrderState::kCompleted &&
        SaturatedAdd(line.delivered, line.written_off) < line.ordered) {
      warnings.push_back(
          Contradiction("shopping", line.sku, "COMPLETED",
                        absl::StrCat(line.delivered, " of ", line.ordered, " delivered")));
    }
    int64_t under_way = 0;
    int64_t back = 0;
    for (const Return& goods_return : order.returns) {
      for (const GoodsQuantity& goods : goods_return.lines) {
        if (goods.sku != line.sku) continue;
        if (IsUnderWay(goods_return)) under_way = SaturatedAdd(under_way, goods.quantity);
        if (IsBack(goods_return)) back = SaturatedAdd(back, goods.quantity);
      }
    }
    if (line.return_requested != under_way || line.returned != back) {
      warnings.push_back(
          Contradiction("shopping", absl::StrCat("returns of ", line.sku),
                        absl::StrCat(line.return_requested, " under way, ", line.returned, " back"),
                        absl::StrCat(under_way, " under way, ", back, " back")));
    }
  }
}

}  // namespace

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
