#include "client-cli/output/state_words.h"

#include "absl/strings/str_cat.h"
#include "client-cli/output/times.h"
#include "platform/trade/rollup.h"
#include "platform/trade/worth.h"

namespace tallystick {
namespace {

std::string Planned(const Schedule& schedule, absl::Time now, const char* before) {
  return schedule.scheduled ? absl::StrCat(before, DayWords(*schedule.scheduled, now)) : "";
}

bool IsDeclined(const LedgerTrade& trade) {
  return trade.payment && trade.payment->state == PaymentState::kDeclined;
}

// How far the goods have come.
std::string GoodsWords(const LedgerTrade& trade, absl::Time now) {
  const DeliveryStatus& delivery = *trade.delivery;
  switch (delivery.state) {
    case DeliveryState::kFailed: return trade.payment && IsPaid(trade) ? "lost, refunded" : "lost";
    case DeliveryState::kInTransit:
    case DeliveryState::kOutForDelivery:
      return absl::StrCat("on the way", Planned(delivery.schedule, now, ", "));
    case DeliveryState::kPartiallyDelivered: return "partly arrived";
    default: break;
  }
  const std::string planned = Planned(delivery.schedule, now, "by ");
  return planned.empty() ? "being packed" : planned;
}

// How the money stands of what has arrived.
std::string MoneyWords(const LedgerTrade& trade, absl::Time now) {
  if (!trade.payment) return "arrived";
  if (IsPaid(trade)) return "done";
  if (OwedOn(trade) < 0) return "arrived, money comes back";
  for (const PaymentTransaction& transaction : trade.payment->transactions) {
    if (transaction.type == TransactionType::kCapture &&
        transaction.state == TransactionState::kFailed &&
        !WasRetried(*trade.payment, transaction.number)) {
      return "arrived, bank refused";
    }
  }
  const std::string planned = Planned(trade.payment->schedule, now, "arrived, pays ");
  return planned.empty() ? "arrived, not paid yet" : planned;
}

std::string MainWords(const LedgerTrade& trade, absl::Time now) {
  if (!trade.order) return "placed";
  switch (trade.order->state) {
    case OrderState::kRejected: return IsDeclined(trade) ? "bank refused" : "rejected";
    case OrderState::kCanceled: return "canceled";
    case OrderState::kCancelPending: return "being canceled";
    case OrderState::kAccepted: return "accepted";
    default: break;
  }
  if (IsDelivered(trade)) return MoneyWords(trade, now);
  if (trade.delivery) return GoodsWords(trade, now);
  return ToString(trade.order->state);
}

}  // namespace

std::string StateWords(const LedgerTrade& trade, absl::Time now) {
  int64_t returned = 0;
  int64_t returning = 0;
  if (trade.order) {
    for (const OrderLineStatus& line : trade.order->lines) {
      returned = SaturatedAdd(returned, line.returned);
      returning = SaturatedAdd(returning, line.return_requested);
    }
  }
  return absl::StrCat(MainWords(trade, now),
                      returned > 0 ? absl::StrCat(", ", returned, " returned") : "",
                      returning > 0 ? absl::StrCat(", ", returning, " on the way back") : "");
}

}  // namespace tallystick
