#include "client-cli/trade/trade.h"

#include <algorithm>

#include "platform/trade/rollup.h"

namespace tallystick {

bool IsDelivered(const LedgerTrade& trade) { return trade.order && IsFullyDelivered(*trade.order); }

bool IsPaid(const LedgerTrade& trade) { return trade.payment && IsSettled(*trade.payment); }

bool HasEnded(const LedgerTrade& trade) {
  if (!trade.order || !trade.payment || !trade.delivery) return false;
  const OrderStatus& order = *trade.order;
  const bool returning =
      std::any_of(order.returns.begin(), order.returns.end(), [](const Return& goods_return) {
        return IsUnderWay(goods_return) || goods_return.state == ReturnState::kReceived;
      });
  // The others may still be at what the end of the order means for them.
  return HasEnded(order) && !returning && IsSettled(*trade.payment) &&
         trade.payment->instructions_applied >= order.payment_instructions &&
         trade.payment->revision >= order.payment_revision &&
         trade.delivery->instructions_applied >= order.delivery_instructions &&
         trade.delivery->revision >= order.delivery_revision;
}

int64_t OwedOn(const LedgerTrade& trade) {
  if (trade.payment) return Owed(*trade.payment);
  if (trade.placement == Placement::kPlaced) return trade.information->contents.total;
  return 0;
}

OwedByDate OwedDates(const LedgerTrade& trade, absl::Time now) {
  OwedByDate owed;
  const int64_t open = OwedOn(trade);
  if (!trade.payment || open <= 0) return owed;
  for (const PlannedCapture& planned : trade.payment->planned_captures) {
    int64_t& part = planned.scheduled_time > now ? owed.scheduled : owed.overdue;
    part = std::min(open, CheckedAdd(part, planned.amount).value_or(open));
  }
  const auto& scheduled = trade.payment->schedule.scheduled;
  if (trade.payment->planned_captures.empty() && scheduled && *scheduled < now) owed.overdue = open;
  return owed;
}

}  // namespace tallystick
