// MONEY-1, MONEY-2: is as much asked and taken as was agreed?
#include <algorithm>

#include "client-cli/match/match.h"
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

// Nothing was taken off the order, so that all of it is due.
bool IsWhole(const OrderStatus& order) {
  return std::all_of(order.lines.begin(), order.lines.end(), [](const OrderLineStatus& line) {
    return line.written_off == 0 && line.returned == 0;
  });
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

}  // namespace

std::vector<Warning> CheckDue(const TradeView& view, const MatchSettings&, absl::Time) {
  std::vector<Warning> warnings;
  const int64_t total = view.contents.total;
  const OrderStatus* order = view.order.get();
  const PaymentStatus* payment = view.payment.get();
  if (order != nullptr) {
    if (order->currency != view.contents.currency) {
      warnings.push_back(
          MoneyWarning("MONEY-1", "the shop speaks of another currency",
                       {{"ordered", view.contents.currency}, {"shopping", order->currency}}));
    }
    const bool wrong = order->due < 0 || order->due > total ||
                       (EndedWithoutDelivery(*order) && order->due != 0) ||
                       (!EndedWithoutDelivery(*order) && IsWhole(*order) && order->due != total);
    if (wrong) {
      warnings.push_back(MoneyWarning(
          "MONEY-1", "the shop says that another amount is due than follows from the order",
          {{"ordered", Amount(view, total)}, {"shopping says due", Amount(view, order->due)}}));
    }
  }
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

}  // namespace tallystick
