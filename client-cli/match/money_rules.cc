// MONEY-1 to MONEY-4, MONEY-6: is as much asked, taken and given back as was agreed?
#include <limits>
#include <string>

#include "client-cli/match/match.h"
#include "client-cli/match/value.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

Warning MoneyWarning(std::string rule, std::string sentence,
                     std::map<std::string, std::string> evidence) {
  return {std::move(rule), Severity::kAlarm, std::move(sentence), std::move(evidence)};
}

std::string Amount(const TradeView& view, int64_t minor) {
  return FormatMoney({view.contents.currency, minor});
}

bool EndedWithoutDelivery(const OrderStatus& order) {
  return order.state == OrderState::kRejected || order.state == OrderState::kCanceled;
}

// How many pieces of each product the adjustments of one type are for.
std::map<std::string, int64_t> AdjustedPieces(const OrderStatus& order, AdjustmentType type) {
  std::map<std::string, int64_t> pieces;
  for (const DueAdjustment& adjustment : order.adjustments) {
    if (adjustment.type != type) continue;
    for (const GoodsQuantity& goods : adjustment.lines) {
      int64_t& sum = pieces[goods.sku];
      sum = CheckedAdd(sum, goods.quantity).value_or(sum);
    }
  }
  return pieces;
}

// What is wrong with one adjustment by itself; empty when nothing is.
std::string FaultOf(const DueAdjustment& adjustment, const TradeView& view,
                    const OrderStatus& order) {
  if (adjustment.amount < 0) return "the shop adds to what is due";
  switch (adjustment.type) {
    case AdjustmentType::kRejected:
      return order.state == OrderState::kRejected ? ""
                                                  : "the shop takes a rejection off the due "
                                                    "amount, but the order is not rejected";
    case AdjustmentType::kCanceled:
      return order.state == OrderState::kCanceled || order.state == OrderState::kCancelPending
                 ? ""
                 : "the shop takes a cancellation off the due amount, but the order is not "
                   "canceled";
    case AdjustmentType::kWrittenOff:
    case AdjustmentType::kReturned: break;
    default: return "";  // of a newer shop
  }
  const DeliveryStatus* delivery = view.delivery.get();
  const size_t shipments =
      delivery == nullptr ? std::numeric_limits<int32_t>::max() : delivery->shipments.size();
  const ApproximateValue value = ValueOf(view.contents, adjustment.lines, shipments);
  // The delivery fee goes with the first shipment.
  const int64_t fee =
      adjustment.type == AdjustmentType::kWrittenOff ? view.contents.delivery_fee : 0;
  const bool plausible = Within(value, adjustment.amount) ||
                         (adjustment.amount >= fee && Within(value, adjustment.amount - fee));
  return plausible ? "" : "the shop takes off another amount than the goods are worth";
}

int64_t OpenRefunds(const PaymentStatus& payment) {
  int64_t sum = 0;
  for (const PaymentTransaction& transaction : payment.transactions) {
    if (transaction.type == TransactionType::kRefund &&
        (transaction.state == TransactionState::kPending ||
         transaction.state == TransactionState::kUnknown)) {
      sum = CheckedAdd(sum, transaction.amount).value_or(sum);
    }
  }
  return sum;
}

void CheckShopsDue(const TradeView& view, const OrderStatus& order,
                   std::vector<Warning>& warnings) {
  if (order.currency != view.contents.currency) {
    warnings.push_back(
        MoneyWarning("MONEY-1", "the shop speaks of another currency",
                     {{"ordered", view.contents.currency}, {"shopping", order.currency}}));
  }
  __int128 follows = view.contents.total;
  for (const DueAdjustment& adjustment : order.adjustments) {
    follows -= adjustment.amount;
    const std::string fault = FaultOf(adjustment, view, order);
    if (fault.empty()) continue;
    warnings.push_back(MoneyWarning("MONEY-1", fault,
                                    {{"adjustment", ToString(adjustment.type)},
                                     {"of", adjustment.reference_id},
                                     {"amount", Amount(view, adjustment.amount)}}));
  }
  const auto written_off = AdjustedPieces(order, AdjustmentType::kWrittenOff);
  const auto returned = AdjustedPieces(order, AdjustmentType::kReturned);
  const auto pieces = [](const std::map<std::string, int64_t>& counted, const std::string& sku) {
    const auto found = counted.find(sku);
    return found == counted.end() ? 0 : found->second;
  };
  for (const OrderLineStatus& line : order.lines) {
    if (pieces(written_off, line.sku) == line.written_off &&
        pieces(returned, line.sku) == line.returned) {
      continue;
    }
    warnings.push_back(MoneyWarning(
        "MONEY-1", "what the shop takes off the due amount is not what was written off or returned",
        {{"sku", line.sku},
         {"written off", std::to_string(line.written_off)},
         {"returned", std::to_string(line.returned)},
         {"taken off as written off", std::to_string(pieces(written_off, line.sku))},
         {"taken off as returned", std::to_string(pieces(returned, line.sku))}}));
  }
  if (order.due != follows || order.due < 0 || (EndedWithoutDelivery(order) && order.due != 0)) {
    warnings.push_back(MoneyWarning(
        "MONEY-1", "the shop says that another amount is due than follows from the order",
        {{"ordered", Amount(view, view.contents.total)},
         {"taken off for", std::to_string(order.adjustments.size()) + " reasons"},
         {"shopping says due", Amount(view, order.due)}}));
  }
}

}  // namespace

std::vector<Warning> CheckDue(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  const int64_t total = view.contents.total;
  const OrderStatus* order = view.order.get();
  const PaymentStatus* payment = view.payment.get();
  if (order != nullptr) CheckShopsDue(view, *order, warnings);
  if (payment == nullptr) return warnings;
  if (payment->currency != view.contents.currency) {
    warnings.push_back(
        MoneyWarning("MONEY-1", "payment is in another currency",
                     {{"ordered", view.contents.currency}, {"payment", payment->currency}}));
  }
  if (payment->due < 0 || payment->due > total) {
    warnings.push_back(MoneyWarning(
        "MONEY-1", "more is due than was ordered",
        {{"ordered", Amount(view, total)}, {"payment says due", Amount(view, payment->due)}}));
  } else if (order != nullptr && order->payment_instructions == payment->instructions_applied) {
    // Both speak of the same state of affairs; only a decline lowers the due amount without the
    // shop's doing.
    const bool declined = payment->state == PaymentState::kDeclined && payment->due == 0;
    if (payment->due != order->due && !declined) {
      warnings.push_back(MoneyWarning("MONEY-1",
                                      "payment asks for another amount than the shop does",
                                      {{"shopping says due", Amount(view, order->due)},
                                       {"payment says due", Amount(view, payment->due)}}));
    }
  }
  return warnings;
}

std::vector<Warning> CheckCaptured(const TradeView& view, const MatchSettings&, absl::Time) {
  const PaymentStatus* payment = view.payment.get();
  if (payment == nullptr) return {};
  // What is being refunded is on its way back already.
  const __int128 kept =
      static_cast<__int128>(payment->captured) - payment->refunded - OpenRefunds(*payment);
  if (kept <= payment->due && payment->captured <= view.contents.total) return {};
  return {MoneyWarning("MONEY-2", "more was captured than is due",
                       {{"due", Amount(view, payment->due)},
                        {"captured", Amount(view, payment->captured)},
                        {"refunded", Amount(view, payment->refunded)},
                        {"ordered", Amount(view, view.contents.total)}})};
}

std::vector<Warning> CheckRefunds(const TradeView& view, const MatchSettings&, absl::Time) {
  const PaymentStatus* payment = view.payment.get();
  if (payment == nullptr) return {};
  const std::map<std::string, std::string> evidence = {
      {"captured", Amount(view, payment->captured)},
      {"refunded", Amount(view, payment->refunded)},
      {"refunds that succeeded", Amount(view, SumOf(*payment, TransactionType::kRefund))}};
  if (payment->refunded > payment->captured) {
    return {MoneyWarning("MONEY-3", "more was refunded than was captured", evidence)};
  }
  if (payment->refunded > SumOf(*payment, TransactionType::kRefund)) {
    return {MoneyWarning("MONEY-3", "a refund is counted that has not succeeded", evidence)};
  }
  return {};
}

std::vector<Warning> CheckMoneyBack(const TradeView& view, const MatchSettings& settings,
                                    absl::Time now) {
  const OrderStatus* order = view.order.get();
  const PaymentStatus* payment = view.payment.get();
  if (order == nullptr || payment == nullptr || !EndedWithoutDelivery(*order)) return {};
  const absl::Duration age = now - order->update_time;
  if (payment->captured <= payment->refunded || age <= settings.refund_grace) return {};
  return {MoneyWarning("MONEY-4", "the order has ended without delivery, yet your money was kept",
                       {{"order", ToString(order->state)},
                        {"captured", Amount(view, payment->captured)},
                        {"refunded", Amount(view, payment->refunded)}})};
}

std::vector<Warning> CheckReferences(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  for (const auto& [reference, trading_id] : view.foreign_references) {
    warnings.push_back(
        MoneyWarning("MONEY-6", "one payment is counted for two trades",
                     {{"reference", reference}, {"other trade", trading_id.ToString()}}));
  }
  return warnings;
}

}  // namespace tallystick
