// Trades as a ledger has them, for tests of the report.
#pragma once

#include <string>
#include <vector>

#include "client-cli/report/gather.h"

namespace tallystick::testing {

// A Wednesday.
inline const absl::Time kReportTime =
    absl::FromCivil(absl::CivilSecond(2026, 11, 25, 12, 0, 0), absl::UTCTimeZone());

// Of 3 pieces for 30.00, of which nothing has arrived and nothing is paid; ordered a day ago.
inline LedgerTrade TradeUnderWay(int64_t key, const std::string& currency = "USD") {
  LedgerTrade trade;
  trade.key = key;
  trade.profile = "demo";
  trade.placement = Placement::kPlaced;
  OrderContents& contents = trade.information.emplace().contents;
  contents.trading_id = NewUuidV7(kReportTime);
  contents.buyer_reference = "PO-" + std::to_string(key);
  contents.currency = currency;
  contents.lines = {{"CHAI", "Chai", 3, 1000, 0, 3000, 0}};
  contents.ship_to.lines = {"Ann", "Springfield"};
  contents.total = contents.goods_total = 3000;
  contents.order_time = kReportTime - absl::Hours(24) + absl::Seconds(key);
  contents.promised_delivery_time = kReportTime + absl::Hours(24);
  OrderStatus& order = trade.order.emplace();
  order.state = OrderState::kConfirmed;
  order.lines = {{"CHAI", 3}};
  order.currency = currency;
  order.due = 3000;
  PaymentStatus& payment = trade.payment.emplace();
  payment.state = PaymentState::kAuthorized;
  payment.currency = currency;
  payment.due = 3000;
  DeliveryStatus& delivery = trade.delivery.emplace();
  delivery.state = DeliveryState::kInTransit;
  delivery.lines = {{"CHAI", 3}};
  order.update_time = payment.update_time = delivery.update_time = contents.order_time;
  trade.seen = {kReportTime, kReportTime, kReportTime};
  return trade;
}

// The same, arrived and paid.
inline LedgerTrade TradeDone(int64_t key, absl::Time time = kReportTime) {
  LedgerTrade trade = TradeUnderWay(key);
  trade.order->state = OrderState::kCompleted;
  trade.order->lines[0].delivered = trade.order->lines[0].dispatched = 3;
  trade.order->update_time = time;
  trade.payment->state = PaymentState::kCaptured;
  trade.payment->captured = 3000;
  trade.delivery->state = DeliveryState::kDelivered;
  trade.delivery->lines[0].delivered = trade.delivery->lines[0].dispatched = 3;
  return trade;
}

inline KeptWarning OpenWarning(Warning warning) {
  KeptWarning kept;
  kept.warning = std::move(warning);
  kept.first_seen = kept.last_seen = kReportTime;
  return kept;
}

inline LedgerReport Finished(Gathering gathering) {
  return std::move(gathering).Finish([](int64_t) { return std::vector<Observation>(); });
}

}  // namespace tallystick::testing
