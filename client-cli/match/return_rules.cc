// MONEY-5: what was given back and has arrived is no longer to be paid.
#include "client-cli/match/match.h"
#include "client-cli/match/value.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

// The most that may be kept: everything that has left for good, with the fee, less what came back.
ApproximateValue MostToKeep(const TradeView& view, const DeliveryStatus& delivery) {
  ApproximateValue most{view.contents.delivery_fee};
  for (const Shipment& shipment : delivery.shipments) {
    if (!IsDispatched(shipment) || shipment.state == ShipmentState::kFailed) continue;
    const ApproximateValue value = ValueOf(view.contents, shipment.lines, 1);
    most.value = SaturatedAdd(most.value, value.value);
    most.tolerance += value.tolerance;
  }
  return most;
}

}  // namespace

std::vector<Warning> CheckReturnsPaid(const TradeView& view, const MatchSettings& settings,
                                      absl::Time now) {
  const DeliveryStatus* delivery = view.delivery.get();
  if (delivery == nullptr) return {};
  ApproximateValue back;
  std::string which;
  for (const Return& goods_return : delivery->returns) {
    if (!IsBack(goods_return) || !goods_return.receive_time) continue;
    if (now - *goods_return.receive_time <= settings.refund_grace + settings.report_delay) continue;
    const ApproximateValue value =
        ValueOf(view.contents, goods_return.lines, delivery->shipments.size());
    back.value = SaturatedAdd(back.value, value.value);
    back.tolerance += value.tolerance;
    which += (which.empty() ? "" : ", ") + goods_return.return_id;
  }
  std::vector<Warning> warnings;
  if (which.empty()) return warnings;
  const auto warn = [&](std::string sentence, std::string what, int64_t is, int64_t at_most) {
    const std::string& currency = view.contents.currency;
    warnings.push_back({"MONEY-5",
                        Severity::kAlarm,
                        std::move(sentence),
                        {{"returns", which},
                         {std::move(what), FormatMoney({currency, is})},
                         {"should be at most", FormatMoney({currency, at_most})}}});
  };
  const OrderStatus* order = view.order.get();
  const int64_t most_due =
      SaturatedAdd(SaturatedSubtract(view.contents.total, back.value), back.tolerance);
  if (order != nullptr && order->due > most_due) {
    warn("goods came back, yet the shop still asks for their price", "due", order->due, most_due);
  }
  const PaymentStatus* payment = view.payment.get();
  const ApproximateValue most = MostToKeep(view, *delivery);
  const int64_t most_kept =
      SaturatedAdd(SaturatedSubtract(most.value, back.value), most.tolerance + back.tolerance);
  if (payment == nullptr) return warnings;
  const int64_t kept = SaturatedSubtract(payment->captured, payment->refunded);
  if (kept > most_kept) {
    warn("goods came back, yet their price was not refunded", "kept", kept, most_kept);
  }
  return warnings;
}

}  // namespace tallystick
