// One trade's card.
#include <algorithm>

#include "client-cli/report/gather.h"
#include "client-cli/report/notches.h"
#include "platform/trade/rollup.h"

namespace tallystick {
namespace {

void PutContents(const OrderContents& contents, TradeCard& card) {
  card.trading_id = contents.trading_id.ToString();
  card.reference = contents.buyer_reference;
  card.order_time = contents.order_time;
  card.promised_time = contents.promised_delivery_time;
  card.currency = contents.currency;
  card.terms = ToString(contents.terms);
  card.delivery_fee = contents.delivery_fee;
  card.total = contents.total;
  card.due = contents.total;
  card.address = contents.ship_to.lines;
  for (const ContentsLine& line : contents.lines) {
    card.ordered = SaturatedAdd(card.ordered, line.quantity);
    if (card.lines.size() < kMostLinesShown) {
      card.lines.push_back(
          {line.sku, line.name, line.quantity, SaturatedAdd(line.goods_amount, line.tax_amount)});
    }
  }
  card.more_lines = contents.lines.size() - card.lines.size();
}

void PutReasons(const LedgerTrade& trade, TradeCard& card) {
  const auto add = [&](const std::string& reason) {
    const bool known = std::ranges::find(card.reasons, reason) != card.reasons.end();
    if (!reason.empty() && !known && card.reasons.size() < kMostLinesShown) {
      card.reasons.push_back(reason);
    }
  };
  if (trade.order) {
    add(trade.order->reason);
    for (const Return& goods_return : trade.order->returns) add(goods_return.rejection_reason);
  }
  if (trade.payment) {
    for (const PaymentTransaction& transaction : trade.payment->transactions) {
      if (!WasRetried(*trade.payment, transaction.number)) add(transaction.failure_reason);
    }
  }
  if (trade.delivery) {
    add(trade.delivery->reason);
    for (const Shipment& shipment : trade.delivery->shipments) add(shipment.reason);
  }
}

void PutStatuses(const LedgerTrade& trade, TradeCard& card) {
  card.change_time = card.order_time;
  const auto put = [&](Side side, const auto& status) {
    if (!status) return;
    card.states[side] = StateWords(ToString(status->state));
    card.change_time = std::max(card.change_time, status->update_time);
  };
  ForEachSide(put, trade);
  card.owed = OwedOn(trade);
  if (trade.payment) {
    card.due = trade.payment->due;
    card.paid = SaturatedSubtract(trade.payment->captured, trade.payment->refunded);
  }
  if (!trade.delivery) return;
  for (const DeliveryLine& line : trade.delivery->lines) {
    card.arrived = SaturatedAdd(card.arrived, line.delivered);
    card.returned = SaturatedAdd(card.returned, line.returned);
  }
}

}  // namespace

TradeCard CardOf(const LedgerTrade& trade, std::vector<KeptWarning> warnings) {
  TradeCard card;
  card.key = trade.key;
  card.shop = trade.profile;
  PutContents(trade.information->contents, card);
  PutStatuses(trade, card);
  PutReasons(trade, card);
  card.doubted = Doubts(warnings);
  // Those that nobody has taken note of first.
  std::stable_partition(warnings.begin(), warnings.end(),
                        [](const KeptWarning& kept) { return !kept.acknowledge_time.has_value(); });
  if (warnings.size() > kMostWarningsShown) {
    card.more_warnings = warnings.size() - kMostWarningsShown;
    warnings.resize(kMostWarningsShown);
  }
  if (!warnings.empty() && !warnings.front().acknowledge_time) {
    card.notches = NotchesOf(trade, warnings);
  }
  card.warnings = std::move(warnings);
  return card;
}

}  // namespace tallystick
